import { CircuitBreaker } from '../../src/redis/circuit-breaker.ts';

function breaker() {
  const time = { nowMs: 0 };
  const changes: string[] = [];
  const onChange = (isOpen: boolean, error: unknown) =>
    changes.push(`${isOpen ? 'open' : 'closed'} at ${time.nowMs} ${error ?? ''}`.trim());
  return { time, changes, circuit: new CircuitBreaker({ nowMs: () => time.nowMs, onChange }) };
}

function fail(circuit: CircuitBreaker, times: number): void {
  for (let time = 1; time <= times; time++) circuit.noteFailure(`failure ${time}`);
}

describe('the circuit breaker', () => {
  test('lets calls through until five failed within ten seconds', () => {
    const { circuit, time, changes } = breaker();

    fail(circuit, 4);
    expect(circuit.admits()).toBe(true);
    time.nowMs = 10_000;
    fail(circuit, 4);
    expect(circuit.admits()).toBe(true);
    circuit.noteFailure('the fifth');

    expect(circuit.admits()).toBe(false);
    expect(changes).toEqual(['open at 10000 the fifth']);
    expect(circuit.lastError).toBe('the fifth');
  });

  test('a success makes former failures forgotten', () => {
    const { circuit } = breaker();

    fail(circuit, 4);
    circuit.noteSuccess();
    fail(circuit, 4);

    expect(circuit.isOpen).toBe(false);
  });

  test('tries one call a second while open, and closes when it succeeds', () => {
    const { circuit, time, changes } = breaker();
    fail(circuit, 5);

    time.nowMs = 999;
    expect(circuit.admits()).toBe(false);
    time.nowMs = 1_000;
    expect([circuit.admits(), circuit.admits()]).toEqual([true, false]);
    circuit.noteFailure('still');
    time.nowMs = 2_000;
    expect([circuit.admits(), circuit.admits()]).toEqual([true, false]);
    circuit.noteSuccess();

    expect([circuit.admits(), circuit.admits()]).toEqual([true, true]);
    expect(changes).toEqual(['open at 0 failure 5', 'closed at 2000']);
  });

  test('tries at once when invited', () => {
    const { circuit } = breaker();
    fail(circuit, 5);

    circuit.invite();

    expect([circuit.admits(), circuit.admits()]).toEqual([true, false]);
  });
});
