'use strict';

require('./answer.cjs')(require('@ghasi/sms-segment-counter'), process.argv[2]);
