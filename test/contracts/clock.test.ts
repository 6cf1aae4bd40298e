import { RealClock } from "../../src/ports/real-clock.ts";
import { SimulatedClock } from "../../src/ports/simulated-clock.ts";
import { clockContract } from "./clock-contract.ts";

clockContract("RealClock", () => ({
  clock: new RealClock(),
  pass: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
}));

clockContract("SimulatedClock", () => {
  const clock = new SimulatedClock();
  return { clock, pass: (ms) => clock.advance(ms) };
});
