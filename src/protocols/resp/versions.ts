/** What clients are told when they ask which server this is. */

/** The Redis whose commands we answer like; clients decide by it what they may use. */
export const redisVersion = "7.0.15";
