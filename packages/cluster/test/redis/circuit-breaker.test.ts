import { CircuitBreaker } from '../../src/redis/circuit-breaker.ts';

function breaker() {
  const time = { nowMs: 0 };
  const changes: string[] = [];
  const circuit = new CircuitBreaker({
    nowMs: () => time.nowMs,
    onOpen: (error) => changes.push(`open at ${time.nowMs}: ${error}`),
    onClose: () => changes.push(`closed at ${time.nowMs}`),
  });
  return { time, changes, circuit };
}

function fail(circuit: CircuitBreaker, times: number): void {
  for (let time = 1; time <= times; time++) circuit.noteFailure(`failure ${time}`);
}

describe('the circuit breaker', () => {
  test('opens when five calls failed within ten seconds', () => {
    const { circuit, time, changes } = breaker();

    fail(circuit, 4);
    time.nowMs = 10_000;
    fail(circuit, 4);
    const wasOpen = circuit.isOpen;
    circuit.noteFailure('the fifth');

    expect(wasOpen).toBe(false);
    expect(circuit.isOpen).toBe(true);
    expect(changes).toEqual(['open at 10000: the fifth']);
    expect(circuit.lastError).toBe('the fifth');
  });

  test('a success makes former failures forgotten', () => {
    const { circuit } = breaker();

    fail(circuit, 4);
    circuit.noteSuccess();
    fail(circuit, 4);

    expect(circuit.isOpen).toBe(false);
  });

  test('stays open through more failures, whose last it keeps, until there is an answer', () => {
    const { circuit, time, changes } = breaker();
    fail(circuit, 5);

    time.nowMs = 60_000;
    circuit.noteFailure('still');
    const wasOpen = circuit.isOpen;
    circuit.noteSuccess();

    expect(wasOpen).toBe(true);
    expect(circuit.isOpen).toBe(false);
    expect(circuit.lastError).toBe('still');
    expect(changes).toEqual(['open at 0: failure 5', 'closed at 60000']);
  });
});
