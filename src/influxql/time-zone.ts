/** Names of time zones. */

/** Whether `name` is a zone of the IANA database; "" and UTC are UTC. */
export function isKnownZone(name: string): boolean {
  if (name === "") return true;
  // Offsets such as +01:00 are no names; 1.x does not know them.
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
