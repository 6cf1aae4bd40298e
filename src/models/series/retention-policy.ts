/**
 * Retention policies: how long points live and how they are cut into windows. The rules, their
 * order and their words are those of 1.x.
 *
 * `windowHours` is what storage cuts time by. It comes from the shard duration when the policy is
 * made and stays: a later ALTER changes what the policy shows and how long it keeps, not how rows
 * that are there are cut.
 */
import type { PolicyRow } from "./catalog-rows.ts";
import { seriesError } from "./series-error.ts";
import { HOUR_NS_BIG, WINDOW_HOURS_MAX } from "./series-time.ts";

/** Name of the policy that a database gets by itself. */
export const autogenName = "autogen";

const NAME_BYTES_MAX = 255;
const HOUR = HOUR_NS_BIG;
const DAY = 24n * HOUR;

export interface RetentionPolicy {
  /** Number over all databases, never given twice. */
  readonly id: number;
  readonly name: string;
  /** How long points live, ns; 0: for ever. */
  readonly duration: bigint;
  /** Length of a shard group, ns. */
  readonly shardDuration: bigint;
  readonly replication: number;
  /** Length of storage's windows. */
  readonly windowHours: number;
}

/** What CREATE RETENTION POLICY may say; the rest has defaults. */
export interface PolicySpec {
  readonly name?: string;
  readonly duration?: bigint;
  readonly shardDuration?: bigint;
  readonly replication?: number;
}

/** A policy without its number. Throws as 1.x words it. */
export function newPolicy(spec: PolicySpec): Omit<RetentionPolicy, "id"> {
  checkDuration(spec.duration);
  const name = spec.name ?? autogenName;
  const { duration = 0n, replication = 1 } = spec;
  checkPolicyName(name);
  if (replication < 1) {
    throw seriesError("INVALID_ARGUMENT", "replication factor must be greater than 0");
  }
  const shardDuration = normalShardDuration(spec.shardDuration, duration);
  if (duration > 0n && duration < shardDuration) throw incompatibleDurations();
  const windowHours = Math.min(WINDOW_HOURS_MAX, Number(shardDuration / HOUR));
  return { name, duration, shardDuration, replication, windowHours };
}

/** The policy after ALTER RETENTION POLICY. Throws as 1.x words it. */
export function alteredPolicy(policy: RetentionPolicy, spec: PolicySpec): RetentionPolicy {
  checkDuration(spec.duration);
  const duration = spec.duration ?? policy.duration;
  if (duration > 0n && duration < (spec.shardDuration ?? policy.shardDuration)) {
    throw incompatibleDurations();
  }
  const replication = spec.replication ?? policy.replication;
  const shardDuration =
    spec.shardDuration === undefined
      ? policy.shardDuration
      : normalShardDuration(spec.shardDuration, duration);
  return { ...policy, duration, shardDuration, replication };
}

/** Whether an existing policy is what `spec` asks for, as CREATE DATABASE … WITH sees it. */
export function matchesPolicy(policy: RetentionPolicy, spec: PolicySpec): boolean {
  if (spec.name !== undefined && spec.name !== policy.name) return false;
  if (spec.duration !== undefined && spec.duration !== policy.duration) return false;
  if (spec.replication !== undefined && spec.replication !== policy.replication) return false;
  return normalShardDuration(spec.shardDuration, policy.duration) === policy.shardDuration;
}

/** The shard duration of a policy: the default for its duration, or what was asked if it can be. */
export function normalShardDuration(asked: bigint | undefined, duration: bigint): bigint {
  if (asked === undefined || asked === 0n) return defaultShardDuration(duration);
  return asked < HOUR ? HOUR : asked;
}

function defaultShardDuration(duration: bigint): bigint {
  if (duration === 0n || duration >= 180n * DAY) return 7n * DAY;
  return duration >= 2n * DAY ? DAY : HOUR;
}

function checkDuration(duration: bigint | undefined): void {
  if (duration === undefined || duration === 0n || duration >= HOUR) return;
  throw seriesError("INVALID_ARGUMENT", "retention policy duration must be at least 1h0m0s");
}

function checkPolicyName(name: string): void {
  if (name === "") throw seriesError("INVALID_ARGUMENT", "invalid name");
  checkNameLength(name);
}

/** Throws for a name that is too long for a database or a policy. */
export function checkNameLength(name: string): void {
  if (Buffer.byteLength(name) <= NAME_BYTES_MAX) return;
  throw seriesError("INVALID_ARGUMENT", "name too long");
}

function incompatibleDurations(): Error {
  return seriesError(
    "INVALID_ARGUMENT",
    "retention policy duration must be greater than the shard duration",
  );
}

export function policyOfRow(row: PolicyRow): RetentionPolicy {
  return {
    ...row,
    duration: BigInt(row.duration),
    shardDuration: BigInt(row.shardDuration),
  };
}

export function rowOfPolicy(policy: RetentionPolicy): PolicyRow {
  return {
    ...policy,
    duration: String(policy.duration),
    shardDuration: String(policy.shardDuration),
  };
}
