package natsjs

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"github.com/ghasi/smpp-connector/actors/port"
)

// A correlation is two entries of the bucket:
//
//	id.{operator}.{the MNO's id}                              → the row
//	msg.{operator}.{our message id}.{part}.{the MNO's id}     → nothing: the key says it all
//
// A receipt asks by the first. A redelivered command, and the last receipt of a
// long message, ask for all keys under msg.{operator}.{message id} and then for
// the rows.
const (
	wordID      = "id"
	wordMessage = "msg"
)

func idKey(k port.CorrelationKey) string {
	return key(wordID, k.OperatorID, k.OperatorMessageID)
}

func messageKey(c *port.Correlation) string {
	return key(wordMessage, c.OperatorID, c.MessageID, strconv.Itoa(c.PartIndex), c.OperatorMessageID)
}

// idOfMessageKey reads the MNO's id at the end of a messageKey.
func idOfMessageKey(k string) (string, error) {
	id, err := readToken(k[strings.LastIndexByte(k, '.')+1:])
	if err != nil {
		return "", fmt.Errorf("key %q: %w", k, err)
	}
	return id, nil
}

// correlationFormat is the first octet of a row. A change of the format takes
// the next number, and reads both.
const correlationFormat = 1

const (
	flagAmbiguous = 1
	flagSilent    = 2
)

// packCorrelation writes what the key does not say.
func packCorrelation(c *port.Correlation) []byte {
	b := make([]byte, 0, 96+len(c.MessageID)+len(c.From)+len(c.To)+len(c.Fingerprint)+len(c.Trace.Parent)+len(c.Trace.State))
	var flags uint64
	if c.Ambiguous {
		flags |= flagAmbiguous
	}
	if c.Silent {
		flags |= flagSilent
	}
	b = append(b, correlationFormat)
	b = binary.AppendUvarint(b, flags)
	b = binary.AppendUvarint(b, uint64(c.States))
	b = append(b, c.Final)
	b = packString(b, c.MessageID)
	b = binary.AppendUvarint(b, uint64(c.PartIndex))
	b = binary.AppendUvarint(b, uint64(c.PartsTotal))
	b = packBind(b, c.Bind)
	b = binary.AppendUvarint(b, c.Epoch)
	b = packString(b, c.From)
	b = packString(b, c.To)
	b = packTime(b, c.SubmittedAt)
	b = packTime(b, c.ExpiresAt)
	b = packString(b, c.Fingerprint)
	b = packString(b, c.Trace.Parent)
	b = packString(b, c.Trace.State)
	b = packString(b, c.PrimaryOperatorID)
	b = append(b, c.Reference.Bits)
	return binary.AppendUvarint(b, uint64(c.Reference.Number))
}

// unpackCorrelation reads a row that was found under a key.
func unpackCorrelation(k port.CorrelationKey, value []byte) (*port.Correlation, error) {
	u := unpack(value, correlationFormat)
	c := &port.Correlation{OperatorID: k.OperatorID, OperatorMessageID: k.OperatorMessageID}
	flags := u.number()
	c.Ambiguous, c.Silent = flags&flagAmbiguous != 0, flags&flagSilent != 0
	c.States = uint16(u.number())
	if final := u.take(1); !u.bad {
		c.Final = final[0]
	}
	c.MessageID = u.string()
	c.PartIndex = int(u.number())
	c.PartsTotal = int(u.number())
	c.Bind = u.bind()
	c.Epoch = u.number()
	c.From, c.To = u.string(), u.string()
	c.SubmittedAt, c.ExpiresAt = u.time(), u.time()
	c.Fingerprint = u.string()
	c.Trace = port.Trace{Parent: u.string(), State: u.string()}
	c.PrimaryOperatorID = u.string()
	if bits := u.take(1); !u.bad {
		c.Reference.Bits = bits[0]
	}
	c.Reference.Number = uint16(u.number())
	if err := u.err(); err != nil {
		return nil, fmt.Errorf("correlation %s: %w", idKey(k), err)
	}
	return c, nil
}
