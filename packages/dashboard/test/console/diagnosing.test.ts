import { refusal } from '@causeway/testkit/fake-sfu-api';
import { diagnose, diagnosisLines } from '../../src/console/diagnosing.ts';

test('lists the findings of the node by media line', async () => {
  const findings = [
    { code: 'udp_blocked', severity: 'problem', summary: 'No packet of the client has arrived.' },
    { code: 'keyframe_missing', severity: 'notice', summary: 'The publisher has sent no keyframe.', mid: '3' },
  ] as const;
  const diagnosis = await diagnose({ diagnoseSession: async () => ({ findings }) as never }, 'session');

  expect(diagnosisLines(diagnosis)).toEqual(['No packet of the client has arrived.', 'Line 3: The publisher has sent no keyframe.']);
});

test('says that there are no problems, or that the diagnosis is running', async () => {
  const diagnosis = await diagnose({ diagnoseSession: async () => ({ findings: [] }) as never }, 'session');

  expect(diagnosisLines(diagnosis)).toEqual(['No problems found in this session.']);
  expect(diagnosisLines({ phase: 'asking' })).toEqual(['Running the diagnosis…']);
});

test('says why the diagnosis failed', async () => {
  const gone = await diagnose({ diagnoseSession: () => Promise.reject(refusal('session_not_found')) }, 'session');

  expect(diagnosisLines(gone)).toEqual(['That session no longer exists.']);
  expect((await diagnose(undefined, 'session')).phase).toBe('failed');
});
