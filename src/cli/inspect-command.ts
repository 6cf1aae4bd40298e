/** `cronosdb inspect`: what is in the directory of a stopped database, every checksum verified. */
import { Command } from "commander";
import { isCronosError, toCronosError } from "../base/errors.ts";
import { exitCodes } from "../server/exit-codes.ts";

export function inspectCommand(): Command {
  return new Command("inspect")
    .description("Read and check everything in the data directory of a stopped server")
    .argument("<data-dir>", "The directory that the server was given as --data-dir")
    .option("--json", "Write the report as JSON")
    .addHelpText("after", "\nChanges nothing. Exit status: 0 everything is sound, 1 damage found.")
    .exitOverride()
    .action(async (dataDir: string, { json }: { readonly json?: boolean }) => {
      process.exitCode = await inspect(dataDir, json === true);
    });
}

async function inspect(dataDir: string, isJson: boolean): Promise<number> {
  const [{ inspectData }, { formatReport, reportJson }, { RealDisk }, { verifyLmdbTree }] =
    await Promise.all([
      import("./inspect/inspect-data.ts"),
      import("./inspect/format-report.ts"),
      import("../ports/real-disk.ts"),
      import("../store/lmdb/verify-lmdb-tree.ts"),
    ]);
  try {
    const parts = { disk: new RealDisk(), verifyStore: verifyLmdbTree };
    const report = await inspectData(dataDir, parts);
    process.stdout.write(`${isJson ? reportJson(report) : formatReport(report)}\n`);
    return report.faults.length === 0 ? exitCodes.ok : exitCodes.fault;
  } catch (error) {
    const { message } = toCronosError(error);
    process.stderr.write(`cronosdb: Cannot inspect ${dataDir}: ${message}\n`);
    return isCronosError(error, "LOCKED") ? exitCodes.inUse : exitCodes.settings;
  }
}
