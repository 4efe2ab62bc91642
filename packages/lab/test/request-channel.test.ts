import { EventEmitter } from 'node:events';
import { Asker, answerQuestions, type MessagePort } from '@causeway/lab';

interface CounterVerbs {
  add(step: number): number;
  fail(): Promise<void>;
  never(): Promise<void>;
}

/** Two ends of a channel that copies messages, as one between processes does. */
function connectedPorts(): [MessagePort, MessagePort] {
  const [left, right] = [new EventEmitter(), new EventEmitter()];
  const end = (own: EventEmitter, other: EventEmitter): MessagePort => ({
    send: (message) => other.emit('message', structuredClone(message)),
    on: (event, listener) => own.on(event, listener),
  });
  return [end(left, right), end(right, left)];
}

function connectedAsker(): Asker<CounterVerbs> {
  const [asking, answering] = connectedPorts();
  let total = 0;
  answerQuestions<CounterVerbs>(answering, {
    add: (step) => {
      total += step;
      return total;
    },
    fail: async () => {
      throw new Error('the counter is broken', { cause: new Error('a wheel is loose') });
    },
    never: () => new Promise(() => {}),
  });
  return new Asker(asking);
}

describe('questions between processes', () => {
  test('are answered each with its own result', async () => {
    const asker = connectedAsker();

    await expect(Promise.all([asker.ask('add', 2), asker.ask('add', 3)])).resolves.toEqual([2, 5]);
  });

  test('fail with the message of the error that the other process met, and with its cause', async () => {
    const asked = connectedAsker().ask('fail');

    await expect(asked).rejects.toThrow('the counter is broken');
    await expect(asked).rejects.toThrow('a wheel is loose');
  });

  test('fail when the other process is gone', async () => {
    const asker = connectedAsker();
    const asked = asker.ask('never');

    asker.fail(new Error('it ended'));

    await expect(asked).rejects.toThrow('it ended');
  });

  test('fail when there is nobody left to send them to', async () => {
    const asker = new Asker<CounterVerbs>({
      send: (_message, onSent) => {
        queueMicrotask(() => onSent?.(new Error('Channel closed')));
        return false;
      },
      on: () => undefined,
    });

    await expect(asker.ask('add', 1)).rejects.toThrow('The other process is gone: Channel closed');
  });

  test('wait for the contract that they belong to', async () => {
    const [asking, answering] = connectedPorts();
    answerQuestions<{ ping(): string }>(answering, { ping: () => 'pong' });
    const asked = new Asker<{ pang(): string }>(asking).ask('pang');

    answerQuestions<{ pang(): string }>(answering, { pang: () => 'peng' });

    await expect(asked).resolves.toBe('peng');
  });

  test('of several contracts on one port find each its answerer', async () => {
    const [asking, answering] = connectedPorts();
    answerQuestions<{ ping(): string }>(answering, { ping: () => 'pong' });
    answerQuestions<{ pang(): string }>(answering, { pang: () => 'peng' });

    await expect(new Asker<{ ping(): string }>(asking).ask('ping')).resolves.toBe('pong');
    await expect(new Asker<{ pang(): string }>(asking).ask('pang')).resolves.toBe('peng');
  });
});
