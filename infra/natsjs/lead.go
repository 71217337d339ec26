package natsjs

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// lead reads a key as the bucket's leader has it: a follower, which may answer get, may
// be behind. The zero entry is nothing, also where the bucket has not been made yet.
func (b *bucket) lead(ctx context.Context, k string) (entry, error) {
	ctx, cancel := b.conn.bounded(ctx)
	defer cancel()
	question, err := json.Marshal(map[string]string{"last_by_subj": b.prefix + k})
	if err != nil {
		return entry{}, err
	}
	answer, err := b.conn.nc.RequestWithContext(ctx, "$JS.API.STREAM.MSG.GET."+b.stream.Name, question)
	if err != nil {
		return entry{}, away(err)
	}
	var found struct {
		Error   *jetstream.APIError `json:"error"`
		Message struct {
			Sequence uint64    `json:"seq"`
			Data     []byte    `json:"data"`
			Header   []byte    `json:"hdrs"`
			Time     time.Time `json:"time"`
		} `json:"message"`
	}
	if err := json.Unmarshal(answer.Data, &found); err != nil {
		return entry{}, fmt.Errorf("the server's answer is no JSON: %w", err)
	}
	if found.Error != nil {
		switch found.Error.ErrorCode {
		case jetstream.JSErrCodeMessageNotFound, jetstream.JSErrCodeStreamNotFound:
			return entry{}, nil
		}
		return entry{}, found.Error
	}
	header, err := nats.DecodeHeadersMsg(found.Message.Header)
	if err != nil {
		header = nil // it has none
	}
	m := found.Message
	return entry{key: k, value: m.Data, revision: m.Sequence, deleted: isMark(header), header: header, storedAt: m.Time}, nil
}
