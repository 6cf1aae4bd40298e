/**
 * An error of a query, told to the user in the words of InfluxDB 1.x, which clients match on: hence
 * not in the style of our other messages.
 */
import { CronosError } from "../../base/errors.ts";

export class QueryError extends CronosError {
  constructor(message: string) {
    super("INVALID_ARGUMENT", message);
  }
}
