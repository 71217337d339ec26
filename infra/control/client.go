package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"

	"github.com/ghasi/smpp-connector/actors/control"
	contract "github.com/ghasi/smpp-connector/proto"
)

// ErrNobody is the error of Ask when no pod is there.
var ErrNobody = errors.New("no connector answers on this NATS server")

// Client asks every pod. The zero value but NC is ready.
type Client struct {
	NC *nats.Conn
	// Quiet is how long nothing more must come until all pods count as found: half a
	// second by default.
	Quiet time.Duration
	// Patience is how long the pods that were found may take to answer: Patience by
	// default.
	Patience time.Duration
	// Living names the pods that have said of themselves, a short while ago, that they
	// live: one that is slow to answer the discovery is waited for all the same. nil:
	// nobody says.
	Living func(context.Context) ([]string, error)
}

// Patience is how long a Client waits for answers: more than a pod takes for a command
// that its stores do not answer.
const Patience = 8 * time.Second

// Answers are what the pods said to one command.
type Answers struct {
	List   []control.Answer
	Silent []string // pods that live, as far as is known, and did not answer in time; each once
}

// Ask sends a command to every pod and gathers the answers.
func (c *Client) Ask(ctx context.Context, command control.Command) (*Answers, error) {
	pods, err := c.pods(ctx)
	if err != nil {
		return nil, fmt.Errorf("find the pods: %w", err)
	}
	body, err := json.Marshal(command)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, or(c.Patience, Patience))
	defer cancel()
	answers := &Answers{Silent: pods}
	err = c.gather(ctx, contract.ControlSubject(string(command.Verb)), body, 0, func(m *nats.Msg) (more bool, err error) {
		var a control.Answer
		if err := json.Unmarshal(m.Data, &a); err != nil {
			return true, fmt.Errorf("an answer cannot be read: %w", err)
		}
		answers.List = append(answers.List, a)
		if i := slices.Index(answers.Silent, a.Pod); i >= 0 {
			answers.Silent = slices.Delete(answers.Silent, i, i+1)
		}
		return len(answers.Silent) > 0, nil
	})
	if err != nil && !(errors.Is(err, ErrNobody) && len(pods) > 0) { // those that live do not listen
		return nil, fmt.Errorf("%s: %w", command.Verb, err)
	}
	slices.Sort(answers.Silent)
	answers.Silent = slices.Compact(answers.Silent)
	return answers, nil
}

// pods are the names of the pods that are there: those that the service's own discovery
// finds, and those that live by what they say.
func (c *Client) pods(ctx context.Context) ([]string, error) {
	found, err := c.discover(ctx)
	if err != nil && !errors.Is(err, ErrNobody) || c.Living == nil {
		return found, err
	}
	living, failure := c.Living(ctx)
	if failure != nil {
		return nil, fmt.Errorf("which pods live: %w", failure)
	}
	for _, pod := range living {
		if !slices.Contains(found, pod) {
			found = append(found, pod)
		}
	}
	if len(found) > 0 {
		err = nil
	}
	return found, err
}

// discover finds the pods by the service's own discovery.
func (c *Client) discover(ctx context.Context) (pods []string, err error) {
	subject, err := micro.ControlSubject(micro.PingVerb, contract.ControlService, "")
	if err != nil {
		return nil, err
	}
	quiet := or(c.Quiet, 500*time.Millisecond)
	ctx, cancel := context.WithTimeout(ctx, 10*quiet)
	defer cancel()
	err = c.gather(ctx, subject, nil, quiet, func(m *nats.Msg) (bool, error) {
		var p micro.Ping
		if err := json.Unmarshal(m.Data, &p); err != nil {
			return true, fmt.Errorf("an answer to the discovery cannot be read: %w", err)
		}
		pods = append(pods, p.Metadata[metadataPod])
		return true, nil
	})
	if err == nil && len(pods) == 0 {
		err = ErrNobody
	}
	return pods, err
}

// gather sends one request and hands over its answers until each says that it was
// the last, or nothing has come for quiet after one has (0: however long), or ctx
// has ended, which is no error.
func (c *Client) gather(ctx context.Context, subject string, body []byte, quiet time.Duration, each func(*nats.Msg) (more bool, err error)) error {
	inbox := c.NC.NewInbox()
	sub, err := c.NC.SubscribeSync(inbox)
	if err != nil {
		return err
	}
	defer func() { _ = sub.Unsubscribe() }() // it fails only when the connection is gone already
	if err := c.NC.PublishRequest(subject, inbox, body); err != nil {
		return err
	}
	for heard := false; ; heard = true {
		limit := time.Duration(0)
		if heard {
			limit = quiet
		}
		m, err := next(ctx, sub, limit)
		switch {
		case errors.Is(err, context.DeadlineExceeded):
			return nil
		case errors.Is(err, nats.ErrNoResponders):
			return ErrNobody
		case err != nil:
			return err
		}
		if more, err := each(m); err != nil || !more {
			return err
		}
	}
}

// next waits for a message no longer than limit (0: than ctx).
func next(ctx context.Context, sub *nats.Subscription, limit time.Duration) (*nats.Msg, error) {
	if limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	return sub.NextMsgWithContext(ctx)
}

func or(d, otherwise time.Duration) time.Duration {
	if d == 0 {
		return otherwise
	}
	return d
}
