import * as counter from '@ghasi/sms-segment-counter';
import answer from './answer.cjs';

answer(counter, process.argv[2]);
