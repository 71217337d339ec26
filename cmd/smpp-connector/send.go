package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	contract "github.com/ghasi/smpp-connector/proto"
)

// sending is what send's flags say.
type sending struct {
	nats     natsFlags
	operator string
	command  contract.SmsDispatchCommand
	encoding string
	wait     bool
	timeout  time.Duration
}

// send publishes one command, as the platform would, and with --wait follows it
// to its final receipt.
func send(ctx context.Context, args []string, s streams) int {
	set := flag.NewFlagSet("send", flag.ContinueOnError)
	set.SetOutput(s.err)
	var in sending
	set.StringVar(&in.command.To, "to", "", "recipient: digits, with or without a leading '+'")
	set.StringVar(&in.command.Text, "text", "", "the text")
	set.StringVar(&in.command.From, "from", "", "sender; the operator's default without it")
	set.StringVar(&in.command.MessageId, "id", "", "messageId; made up without it")
	set.StringVar(&in.encoding, "encoding", "AUTO", "AUTO, GSM7, UCS2 or GSM7_FORCE")
	set.StringVar(&in.operator, "operator", "", "operatorId; the configuration's only one without it (OPERATOR_IDS)")
	in.nats.add(set)
	set.BoolVar(&in.wait, "wait", false, "wait for the final receipt; exit status 1 if it is not DELIVERED")
	set.DurationVar(&in.timeout, "timeout", 2*time.Minute, "how long --wait waits")
	if err := set.Parse(args); err != nil {
		return flagStatus(err)
	}
	if err := in.complete(); err != nil {
		fmt.Fprintln(s.err, "smpp-connector send:", err)
		return 2
	}
	ctx, stop := untilSignalled(ctx)
	defer stop()
	status, err := in.publish(ctx, s)
	if err != nil {
		fmt.Fprintln(s.err, "smpp-connector send:", err)
	}
	return status
}

// complete fills in what was left out, and says what is missing.
func (in *sending) complete() error {
	value, known := contract.Encoding_Value_value[strings.ToUpper(in.encoding)]
	if !known {
		return fmt.Errorf("--encoding %s is none: want AUTO, GSM7, UCS2 or GSM7_FORCE", in.encoding)
	}
	in.command.Encoding = contract.Encoding_Value(value)
	if in.command.MessageId == "" {
		in.command.MessageId = "send-" + rand.Text()
	}
	if in.operator == "" {
		in.operator = os.Getenv("OPERATOR_IDS")
	}
	if in.operator == "" || strings.Contains(in.operator, ",") {
		return errors.New("--operator is missing: name the operatorId")
	}
	if err := contract.ValidateID("operator", in.operator); err != nil {
		return err
	}
	if err := in.nats.find(); err != nil {
		return err
	}
	payload, err := in.payload()
	if err != nil {
		return err
	}
	_, err = contract.DecodeCommand("", payload) // what the connector would say to it
	return err
}

func (in *sending) payload() ([]byte, error) {
	payload, _, err := contract.Encode(&in.command, false)
	return payload, err
}

func (in *sending) publish(ctx context.Context, s streams) (int, error) {
	conn, err := in.nats.open(ctx, "send")
	if err != nil {
		return 1, err
	}
	defer leave(ctx, conn)
	js := conn.JetStream()
	ctx, cancel := context.WithTimeout(ctx, in.timeout)
	defer cancel()
	var events jetstream.Consumer
	if in.wait { // before the command, so that no event is missed
		events, err = js.OrderedConsumer(ctx, contract.StreamEvents, jetstream.OrderedConsumerConfig{
			FilterSubjects: []string{contract.SubjectDLRInbound, contract.SubjectDLRPart, contract.SubjectDLQ, contract.SubjectSubmitted}, DeliverPolicy: jetstream.DeliverNewPolicy})
		if err != nil {
			return 1, fmt.Errorf("listen for the receipt: %w", err)
		}
	}
	payload, err := in.payload()
	if err != nil {
		return 1, err
	}
	if _, err := js.Publish(ctx, contract.OperatorSubject(in.operator), payload, jetstream.WithMsgID(in.command.MessageId)); err != nil {
		if errors.Is(err, jetstream.ErrNoStreamResponse) {
			err = fmt.Errorf("no stream stores %s: start the connector that serves operator %s (%w)", contract.OperatorSubject(in.operator), in.operator, err)
		}
		return 1, fmt.Errorf("publish the command: %w", err)
	}
	fmt.Fprintf(s.out, "published %s to %s\n", in.command.MessageId, contract.OperatorSubject(in.operator))
	if !in.wait {
		return 0, nil
	}
	return in.follow(events, ctx, s)
}

// follow prints every event of the message, until its last.
func (in *sending) follow(events jetstream.Consumer, ctx context.Context, s streams) (int, error) {
	messages, err := events.Messages()
	if err != nil {
		return 1, fmt.Errorf("listen for the receipt: %w", err)
	}
	stop := context.AfterFunc(ctx, messages.Stop)
	defer stop()
	for {
		m, err := messages.Next()
		if err != nil {
			return 1, fmt.Errorf("no final receipt within %v: the MNO may still send it (the event will be on %s)", in.timeout, contract.SubjectDLRInbound)
		}
		var e struct {
			MessageID string `json:"messageId"`
			Status    string `json:"status"`
			Final     bool   `json:"final"`
			Reason    string `json:"reason"`
			Field     string `json:"field"`
			Detail    string `json:"detail"`
			Segments  int    `json:"segments"`
			PartIndex int    `json:"partIndex"`
		}
		if json.Unmarshal(m.Data(), &e) != nil || e.MessageID != in.command.MessageId {
			continue
		}
		switch m.Subject() {
		case contract.SubjectSubmitted:
			fmt.Fprintf(s.out, "submitted in %s\n", count(e.Segments, "segment"))
		case contract.SubjectDLQ:
			return 1, fmt.Errorf("not sent: %s: %s %s", e.Reason, e.Field, e.Detail)
		case contract.SubjectDLRPart:
			fmt.Fprintf(s.out, "part %d: %s\n", e.PartIndex, e.Status)
		default:
			fmt.Fprintln(s.out, e.Status)
			if e.Final && e.Status == "DELIVERED" {
				return 0, nil
			} else if e.Final {
				return 1, nil
			}
		}
	}
}
