package postgres

import (
	"bytes"
	"context"
	"encoding/binary"
	"sync"
	"time"

	"github.com/ghasi/smpp-connector/actors/port"
)

// copySQL stores rows with ids that nobody has, as nearly all are. COPY fills a page
// at a time where INSERT puts row after row into it, so it costs the server half and
// writes half as much to the WAL. It is a statement, and so a commit, of its own.
const copySQL = `COPY smpp.message_correlations (` + keptColumns + `, states, final, expires_on) FROM STDIN (FORMAT binary)`

// copiedColumns is how many columns copySQL names.
const copiedColumns = 24

// PostgreSQL's binary format of COPY: a signature, flags and the length of an
// extension, then the rows, each the number of its fields and each of these its
// length and its octets, then −1. A column's octets are those of its own type, which
// COPY does not convert: appendRow writes what deploy/migrations declares.
var (
	copyHeader  = append([]byte("PGCOPY\n\xff\r\n\x00"), 0, 0, 0, 0, 0, 0, 0, 0)
	copyTrailer = []byte{0xff, 0xff}
)

// copies are buffers of batches that are stored, for the next ones.
var copies = sync.Pool{New: func() any { return new([]byte) }}

// largestCopy bounds the memory that is kept of one, in octets: some thousand rows.
const largestCopy = 1 << 20

// copyRows stores a batch by copySQL. The days of all its rows have their partition.
func (db *DB) copyRows(ctx context.Context, batch []*port.Correlation) error {
	memory := copies.Get().(*[]byte)
	b := append((*memory)[:0], copyHeader...)
	for _, r := range batch {
		b = appendRow(b, r)
	}
	b = append(b, copyTrailer...)
	conn, err := db.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	_, err = conn.Conn().PgConn().CopyFrom(ctx, bytes.NewReader(b), copySQL)
	if err == nil && cap(b) <= largestCopy { // after an error pgx may still read it
		*memory = b
		copies.Put(memory)
	}
	return err
}

// appendRow writes a row in the order of copySQL's columns.
func appendRow(b []byte, r *port.Correlation) []byte {
	b = binary.BigEndian.AppendUint16(b, copiedColumns)
	for _, s := range [...]string{r.OperatorID, r.PrimaryOperatorID, r.OperatorMessageID, r.MessageID} {
		b = appendText(b, s)
	}
	b = appendSmallint(b, int16(r.PartIndex))
	b = appendSmallint(b, int16(r.PartsTotal))
	b = appendText(b, r.Bind.MNO)
	b = appendText(b, string(r.Bind.Direction))
	b = appendInteger(b, int32(r.Bind.Number))
	b = appendBigint(b, int64(r.Epoch))
	b = appendText(b, r.From)
	b = appendText(b, r.To)
	b = appendInstant(b, r.SubmittedAt)
	b = appendInstant(b, r.ExpiresAt)
	b = appendBoolean(b, r.Ambiguous)
	for _, s := range [...]string{r.Fingerprint, r.Trace.Parent, r.Trace.State} {
		b = appendText(b, s)
	}
	b = appendInteger(b, int32(r.Reference.Number))
	b = appendSmallint(b, int16(r.Reference.Bits))
	b = appendBoolean(b, r.Silent)
	b = appendInteger(b, int32(r.States))
	b = appendSmallint(b, int16(r.Final))
	return appendDate(b, dayOf(r.ExpiresAt))
}

func appendText(b []byte, s string) []byte {
	s = stored(s)
	return append(binary.BigEndian.AppendUint32(b, uint32(len(s))), s...)
}

func appendSmallint(b []byte, n int16) []byte {
	return binary.BigEndian.AppendUint16(append(b, 0, 0, 0, 2), uint16(n))
}

func appendInteger(b []byte, n int32) []byte {
	return binary.BigEndian.AppendUint32(append(b, 0, 0, 0, 4), uint32(n))
}

func appendBigint(b []byte, n int64) []byte {
	return binary.BigEndian.AppendUint64(append(b, 0, 0, 0, 8), uint64(n))
}

func appendBoolean(b []byte, is bool) []byte {
	if is {
		return append(b, 0, 0, 0, 1, 1)
	}
	return append(b, 0, 0, 0, 1, 0)
}

// PostgreSQL counts from the year 2000 in UTC: instants in µs, dates in days.
const (
	epoch2000 = 946_684_800 // in seconds of Unix
	aDay      = 24 * 60 * 60
)

// appendInstant cuts t to the microsecond, as pgx does.
func appendInstant(b []byte, t time.Time) []byte {
	return appendBigint(b, (t.Unix()-epoch2000)*1_000_000+int64(t.Nanosecond())/1000)
}

func appendDate(b []byte, d day) []byte {
	return appendInteger(b, int32((d.start().Unix()-epoch2000)/aDay))
}
