package control

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"

	"github.com/ghasi/smpp-connector/actors/control"
	contract "github.com/ghasi/smpp-connector/proto"
)

// doTimeout bounds what a pod does for one command.
const doTimeout = 5 * time.Second

// maxRequest bounds a request: a command is some words.
const maxRequest = 8 << 10

// Options say who answers, and how.
type Options struct {
	Pod     string // this process's name
	Version string // of the program
	Do      func(context.Context, control.Command) control.Answer
	Logger  *slog.Logger // hears why an answer could not be sent
}

// Service is one pod's instance of the micro service.
type Service struct {
	service micro.Service
	options Options
	max     int64 // octets of an answer
}

// Serve makes this process an instance of the service, until Stop.
func Serve(nc *nats.Conn, o Options) (*Service, error) {
	s := &Service{options: o, max: nc.MaxPayload()}
	var err error
	s.service, err = micro.AddService(nc, micro.Config{
		Name: contract.ControlService, Version: semantic(o.Version), Description: "binds of an SMPP connector: what they do, and commands to them",
		Metadata: map[string]string{metadataPod: o.Pod, "version": o.Version}, QueueGroupDisabled: true,
	})
	if err != nil {
		return nil, fmt.Errorf("NATS micro service %s: %w", contract.ControlService, err)
	}
	for _, verb := range control.Verbs() {
		endpoint := micro.HandlerFunc(func(r micro.Request) { s.answer(verb, r) })
		if err := s.service.AddEndpoint(string(verb), endpoint, micro.WithEndpointSubject(contract.ControlSubject(string(verb)))); err != nil {
			s.Stop()
			return nil, fmt.Errorf("NATS micro service %s: endpoint %s: %w", contract.ControlService, verb, err)
		}
	}
	return s, nil
}

// metadataPod is where an instance says which pod it is.
const metadataPod = "pod"

// Stop ends the instance: it hears nothing more.
func (s *Service) Stop() { _ = s.service.Stop() } // its error is that the connection has gone

func (s *Service) answer(verb control.Verb, r micro.Request) {
	answer := control.Answer{Pod: s.options.Pod}
	c, err := read(verb, r.Data())
	if err != nil {
		answer.Error = err.Error()
	} else {
		ctx, cancel := context.WithTimeout(context.Background(), doTimeout)
		answer = s.options.Do(ctx, c)
		cancel()
	}
	body, err := json.Marshal(answer)
	if err == nil && s.max > 0 && int64(len(body)) > s.max {
		body, err = json.Marshal(control.Answer{Pod: answer.Pod, Known: answer.Known,
			Error: fmt.Sprintf("the answer has %d octets, and NATS carries %d: ask for one MNO", len(body), s.max)})
	}
	if err == nil {
		err = r.Respond(body)
	}
	if err != nil && s.options.Logger != nil {
		s.options.Logger.Warn("a command could not be answered", "command", string(verb), "error", err.Error())
	}
}

// read is the command of a request's body; an empty one is enough for list.
func read(verb control.Verb, body []byte) (c control.Command, err error) {
	if len(body) > maxRequest {
		return c, fmt.Errorf("the request has %d octets: want at most %d", len(body), maxRequest)
	}
	if len(strings.TrimSpace(string(body))) > 0 {
		if err := json.Unmarshal(body, &c); err != nil {
			return c, fmt.Errorf(`the request cannot be read (%w): want JSON such as {"bind":"awcc.trx.1","by":"me","id":"42"}`, err)
		}
	}
	if c.Verb != "" && c.Verb != verb {
		return c, fmt.Errorf("the request says %q and came on the subject of %q", c.Verb, verb)
	}
	c.Verb = verb
	if c.At.IsZero() {
		c.At = time.Now()
	}
	return c, nil
}

var isSemantic = regexp.MustCompile(`^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?$`)

// semantic is a version as micro demands one: what is none, such as that of a build
// from a working tree, becomes 0.0.0.
func semantic(version string) string {
	if v := strings.TrimPrefix(version, "v"); isSemantic.MatchString(v) {
		return v
	}
	return "0.0.0"
}
