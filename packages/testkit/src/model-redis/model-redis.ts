import { createHash } from 'node:crypto';
import { COMMANDS, type CommandScene } from './commands.ts';
import { Keyspace } from './keyspace.ts';
import { compileLua } from './lua/compile-lua.ts';
import { createLuaLibrary } from './lua/lua-library.ts';
import { LuaError, type LuaFunction, LuaTable, type LuaValue } from './lua/lua-values.ts';
import { type ModelReply, ModelReplyError } from './stored-value.ts';

export interface ModelRedisOptions {
  readonly clock: { nowMs(): number; wallClockMs(): number };
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Whether a failover may undo the latest writes, which then have to be remembered. Default: true. */
  readonly canFailOver?: boolean;
}

/** Receives messages that the server pushes to a client. */
export interface ModelConnection {
  /** The channels that the client has subscribed to. */
  readonly channels: ReadonlySet<string>;
  readonly onMessage: (channel: string, message: string) => void;
  readonly onClosed: () => void;
}

type Script = ReturnType<typeof compileLua>;

/**
 * A Redis in this process, on any clock. It has the commands that this project uses, and runs the project's scripts from their own text.
 * The contract suites of `cluster` compare its replies with those of a real one.
 */
export class ModelRedis {
  /** How far the machine's clock is ahead of the right time, in milliseconds. */
  clockOffsetMs = 0;
  /** How long the server works on a command, while others wait. */
  commandMs = 0;
  /** The number of commands that were carried out, without those of scripts. */
  commands = 0;
  readonly #keys: Keyspace;
  readonly #nowMs: () => number;
  readonly #scripts = new Map<string, Script>();
  readonly #connections = new Set<ModelConnection>();
  /** Scripts run one after the other and change none of these; `KEYS` and `ARGV` are set for each. */
  readonly #globals = LuaTable.withFields({
    ...createLuaLibrary(),
    redis: LuaTable.withFields({ call: this.#caller(false), pcall: this.#caller(true) }),
  });
  /** The commands of clients, and those of scripts. */
  readonly #called: CommandScene;
  readonly #inScript: CommandScene;
  readonly #monotonicMs: () => number;
  #freeAtMs = 0;
  #starts = 1;

  constructor({ clock, random, canFailOver = true }: ModelRedisOptions) {
    this.#nowMs = () => clock.wallClockMs() + this.clockOffsetMs;
    this.#monotonicMs = () => clock.nowMs();
    this.#keys = new Keyspace(this.#nowMs, this.#monotonicMs, canFailOver);
    const publish = (channel: string, message: string): number => this.#publish(channel, message);
    const replicationId = (): string => String(this.#starts).padStart(40, '0');
    this.#called = { keys: this.#keys, nowMs: this.#nowMs, random, publish, replicationId, pairsScores: true };
    this.#inScript = { ...this.#called, pairsScores: false };
  }

  /** Enqueues a command that has arrived. @returns after how many milliseconds it is done, together with those before it */
  queue(): number {
    this.#freeAtMs = Math.max(this.#freeAtMs, this.#monotonicMs()) + this.commandMs;
    return this.#freeAtMs - this.#monotonicMs();
  }

  /** @throws ModelReplyError – the reply of Redis to an invalid command */
  carryOut([name = '', ...words]: readonly string[]): ModelReply {
    this.commands++;
    switch (name.toUpperCase()) {
      case 'EVAL':
        return this.#run(this.#compile(words[0] ?? ''), words.slice(1));
      case 'EVALSHA':
        return this.#run(this.#known(words[0] ?? ''), words.slice(1));
      case 'SCRIPT':
        this.#compile(words[1] ?? '');
        return sha1Of(words[1] ?? '');
      default:
        return this.#command(name, words, true);
    }
  }

  /** @returns a function that ends the connection */
  attach(connection: ModelConnection): () => void {
    this.#connections.add(connection);
    return () => this.#connections.delete(connection);
  }

  /** Closes all connections, as when the server ends or is told to drop its clients. */
  closeConnections(): void {
    for (const { onClosed } of [...this.#connections]) onClosed();
  }

  /** Removes everything, scripts included, as after a start without a file. */
  forgetAll(): void {
    this.#starts++;
    this.#keys.clear();
    this.#scripts.clear();
  }

  /** Makes a replica that lacks the last writes the master. It does not know the scripts either. */
  failOver(lackedMs: number): void {
    this.#starts++;
    this.#keys.takeBack(lackedMs);
    this.#scripts.clear();
  }

  #command(name: string, words: readonly string[], pairsScores: boolean): ModelReply {
    const command = COMMANDS[name.toUpperCase()];
    if (command === undefined) throw new ModelReplyError(`ERR unknown command '${name}' of the model`);
    return command(pairsScores ? this.#called : this.#inScript, words);
  }

  #publish(channel: string, message: string): number {
    const listening = [...this.#connections].filter(({ channels }) => channels.has(channel));
    for (const { onMessage } of listening) onMessage(channel, message);
    return listening.length;
  }

  #compile(source: string): Script {
    const sha1 = sha1Of(source);
    const script = this.#scripts.get(sha1) ?? compileLua(source);
    this.#scripts.set(sha1, script);
    return script;
  }

  #known(sha1: string): Script {
    const script = this.#scripts.get(sha1);
    if (script === undefined) throw new ModelReplyError('NOSCRIPT No matching script. Please use EVAL.');
    return script;
  }

  #run(script: Script, [keyCount, ...given]: readonly string[]): ModelReply {
    const keys = Number(keyCount);
    this.#globals.set('KEYS', LuaTable.of(given.slice(0, keys)));
    this.#globals.set('ARGV', LuaTable.of(given.slice(keys)));
    try {
      return asReply(script(this.#globals)[0]);
    } catch (error) {
      if (error instanceof LuaError) throw new ModelReplyError(`ERR ${error.message}`);
      throw error;
    }
  }

  #caller(catchesErrors: boolean): LuaFunction {
    return ([name, ...words]) => {
      try {
        const reply = this.#command(wordOf(name), words.map(wordOf), false);
        return [name === 'SET' && reply === 'OK' ? LuaTable.withFields({ ok: reply }) : asLua(reply)];
      } catch (error) {
        if (!catchesErrors || !(error instanceof ModelReplyError)) throw error;
        return [LuaTable.withFields({ err: error.message })];
      }
    };
  }
}

function sha1Of(source: string): string {
  return createHash('sha1').update(source).digest('hex');
}

/** Writes a number as Redis does for commands: whole numbers with all their digits. */
function wordOf(value: LuaValue): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return Number.isInteger(value) && !Number.isSafeInteger(value) ? BigInt(value).toString() : String(value);
  throw new ModelReplyError('ERR Lua redis lib command arguments must be strings or integers');
}

function asLua(reply: ModelReply): LuaValue {
  if (reply === null) return false;
  return typeof reply === 'object' ? LuaTable.of(reply.map(asLua)) : reply;
}

/** Converts a reply as Redis does: a table ends at its first nil, and numbers lose their fraction. */
function asReply(value: LuaValue): ModelReply {
  if (value === undefined || value === false || typeof value === 'function') return null;
  if (value === true) return 1;
  if (typeof value === 'number') return Math.trunc(value);
  if (typeof value === 'string') return value;
  const error = value.get('err');
  if (typeof error === 'string') throw new ModelReplyError(error);
  const status = value.get('ok');
  return typeof status === 'string' ? status : value.list.map(asReply);
}
