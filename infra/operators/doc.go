// Package operators fetches an operator's SMPP account from
// operator-management-service (US-SC-002): GET /internal/operators/{id}/smpp-credentials.
//
// An answer is taken whole or not at all: what is missing or wrong is named, all
// of it at once, and never by its value, because a value may be the password.
// Nothing is written to disk. Fetch asks once; retrying is the bind's backoff,
// and Remembering bridges an outage of the service with the last good answer.
//
// # What may be left out
//
// host and port, systemId and password must be there; an MNO of several hosts has `hosts`,
// "host:port" each, in place of host and port. The rest has a default; where
// the operator has an entry or a profile in our own configuration, that entry
// comes first (Options.Defaults). 0 and the empty string mean the same as absence.
//
//	operatorId           the one that was asked for
//	systemType           empty
//	interfaceVersion     52 (0x34: SMPP 3.4)
//	bindMode             TRX
//	addressRange         ton 0, npi 0, no range
//	hostOrder            order
//	tls                  off; when on: serverName = host (of several each its own), minVersion 1.2, the system's CAs
//	tpsLimit             0: none
//	window               100
//	longMessageStrategy  CSMS
//	messageIdRule        as-is
//	defaultAlphabet      gsm7
//	sourceTon …          absent: from the shape of the address
//	sourceAddress        none: each command must have its `from`
//	backupOperatorId     none
//	profile              none
package operators
