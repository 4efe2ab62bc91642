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
  test('get their own results', async () => {
    const asker = connectedAsker();

    await expect(Promise.all([asker.ask('add', 2), asker.ask('add', 3)])).resolves.toEqual([2, 5]);
  });

  test('fail with the message and the cause of the error in the other process', async () => {
    const asked = connectedAsker().ask('fail');

    await expect(asked).rejects.toThrow('the counter is broken');
    await expect(asked).rejects.toThrow('a wheel is loose');
  });

  test('fail when the other process has ended', async () => {
    const asker = connectedAsker();
    const asked = asker.ask('never');

    asker.fail(new Error('it ended'));

    await expect(asked).rejects.toThrow('it ended');
  });

  test('fail when the channel is already closed', async () => {
    const asker = new Asker<CounterVerbs>({
      send: (_message, onSent) => {
        queueMicrotask(() => onSent?.(new Error('Channel closed')));
        return false;
      },
      on: () => undefined,
    });

    await expect(asker.ask('add', 1)).rejects.toThrow('The other process is gone: Channel closed');
  });

  test('wait until their contract is registered', async () => {
    const [asking, answering] = connectedPorts();
    answerQuestions<{ ping(): string }>(answering, { ping: () => 'pong' });
    const asked = new Asker<{ pang(): string }>(asking).ask('pang');

    answerQuestions<{ pang(): string }>(answering, { pang: () => 'peng' });

    await expect(asked).resolves.toBe('peng');
  });

  test('reach the right one of several contracts on one port', async () => {
    const [asking, answering] = connectedPorts();
    answerQuestions<{ ping(): string }>(answering, { ping: () => 'pong' });
    answerQuestions<{ pang(): string }>(answering, { pang: () => 'peng' });

    await expect(new Asker<{ ping(): string }>(asking).ask('ping')).resolves.toBe('pong');
    await expect(new Asker<{ pang(): string }>(asking).ask('pang')).resolves.toBe('peng');
  });
});
