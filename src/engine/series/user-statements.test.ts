/** CREATE USER, GRANT and so on. */
import { testAnswers } from "../../../test/support/query-fixture.ts";

const grants = (privilege: string): string =>
  `"series":[{"columns":["database","privilege"],"values":[["db","${privilege}"]]}]`;
const notFound = '"error":"user not found"';

testAnswers("statements about users", "", [
  ["SHOW USERS", '"series":[{"columns":["user","admin"]}]'],
  ["CREATE USER u WITH PASSWORD 'p'", ""],
  ["CREATE USER u WITH PASSWORD 'q'", '"error":"user already exists"'],
  ["GRANT READ ON db TO u", ""],
  ["SHOW GRANTS FOR u", grants("READ")],
  ["GRANT ALL ON db TO u", ""],
  ["SHOW GRANTS FOR u", grants("ALL PRIVILEGES")],
  ["REVOKE WRITE ON db FROM u", ""],
  ["SHOW GRANTS FOR u", grants("READ")],
  ["REVOKE ALL ON db FROM u", ""],
  ["SHOW GRANTS FOR u", grants("NO PRIVILEGES")],
  ["GRANT READ ON x TO u", '"error":"database not found: x"'],
  ["GRANT READ ON db TO x", notFound],
  ["GRANT ALL PRIVILEGES TO u", ""],
  ["SHOW USERS", '"series":[{"columns":["user","admin"],"values":[["u",true]]}]'],
  ["REVOKE ALL PRIVILEGES FROM u", ""],
  ["SET PASSWORD FOR u = 'r'", ""],
  ["SET PASSWORD FOR x = 'r'", notFound],
  ["DROP DATABASE db", ""],
  ["SHOW GRANTS FOR u", '"series":[{"columns":["database","privilege"]}]'],
  ["DROP USER u", ""],
  ["DROP USER u", notFound],
]);
