package natsjs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	contract "github.com/ghasi/smpp-connector/proto"
)

// codeSubjectOverlap is the server's "subjects overlap with an existing stream",
// for which nats.go has no name.
const codeSubjectOverlap = jetstream.ErrorCode(10065)

// EnsureStreams makes SMPP_DISPATCH and SMPP_EVENTS where they are missing and
// checks them where they are present. A stream of that name that would not do
// the same is a *StreamDiffers, and stays as it is: it is somebody's. With
// StreamPerMNO the streams for commands are EnsureDispatch's.
func (c *Conn) EnsureStreams(ctx context.Context) error {
	ctx, cancel := c.bounded(ctx)
	defer cancel()
	if !c.Up() {
		return fmt.Errorf("make the streams: %w", ErrAway)
	}
	wanted := []jetstream.StreamConfig{c.eventsStream()}
	if !c.options.StreamPerMNO {
		wanted = append(wanted, c.dispatchStream(contract.StreamDispatch, contract.DispatchSubjects()))
	}
	for _, want := range wanted {
		if _, err := c.ensureStream(ctx, want); err != nil {
			return err
		}
	}
	return nil
}

// dispatchStream holds commands until one consumer has acknowledged them. A work
// queue, because it keeps what nobody reads yet and refuses a second consumer of
// one subject.
func (c *Conn) dispatchStream(name string, subjects []string) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:        name,
		Description: "SMS commands for the MNOs' binds (smpp-connector)",
		Subjects:    subjects,
		Retention:   jetstream.WorkQueuePolicy,
		Storage:     jetstream.FileStorage,
		Discard:     jetstream.DiscardNew,
		MaxAge:      c.options.DispatchMaxAge,
		Duplicates:  min(c.options.Duplicates, c.options.DispatchMaxAge),
		Replicas:    c.options.Replicas,
		AllowDirect: true,

		MaxConsumers: mostConsumers,
	}
}

// mostConsumers is said because a stream that says nothing gets the server's default
// of 1000, and every bind has a consumer of its own.
const mostConsumers = 100_000

// eventsStream holds what the connector says, for every service that listens.
func (c *Conn) eventsStream() jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:        contract.StreamEvents,
		Description: "receipts, inbound messages, dead letters and health (smpp-connector)",
		Subjects:    contract.EventSubjects(),
		Retention:   jetstream.LimitsPolicy,
		Storage:     jetstream.FileStorage,
		Discard:     jetstream.DiscardOld,
		MaxAge:      c.options.EventsMaxAge,
		Duplicates:  min(c.options.Duplicates, c.options.EventsMaxAge),
		Replicas:    c.options.Replicas,
		AllowDirect: true,
	}
}

// ensureStream makes one stream, or checks the one of that name.
func (c *Conn) ensureStream(ctx context.Context, want jetstream.StreamConfig) (jetstream.Stream, error) {
	found, err := c.js.Stream(ctx, want.Name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		// Another pod may be making it at this moment: the same configuration is no error.
		found, err = c.js.CreateStream(ctx, want)
		if errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
			found, err = c.js.Stream(ctx, want.Name)
		}
	}
	if err != nil {
		return nil, c.streamTrouble(ctx, want, err)
	}
	differences := compareStreams(found.CachedInfo().Config, want)
	if contract.IsStreamOfMNO(want.Name) && only(settingSubjects, differences) {
		return c.extend(ctx, found, want)
	}
	if want.Name == streamOfCorrelations && only(settingMaxAge, differences) {
		return c.prolong(ctx, found, want)
	}
	if len(differences) > 0 {
		return nil, &StreamDiffers{Stream: want.Name, Differences: differences}
	}
	return found, nil
}

// streamTrouble says why a stream could not be made or changed, and names the stream
// that holds one of its subjects if that is why.
func (c *Conn) streamTrouble(ctx context.Context, want jetstream.StreamConfig, err error) error {
	var api *jetstream.APIError
	if errors.As(err, &api) && api.ErrorCode == codeSubjectOverlap {
		for _, subject := range want.Subjects {
			if owner, lookup := c.js.StreamNameBySubject(ctx, subject); lookup == nil && owner != want.Name {
				return c.subjectTaken(ctx, want.Name, subject, owner)
			}
		}
	}
	return fmt.Errorf("stream %s: %w", want.Name, away(err))
}

// StreamDiffers says how a stream, or the stream of a bucket, differs from what
// the connector needs.
type StreamDiffers struct {
	Stream      string
	Differences []Difference
}

// Difference is one setting that does not fit.
type Difference struct {
	Setting     string
	Found, Want string
}

func (e *StreamDiffers) Error() string {
	text := "stream " + e.Stream + " exists and differs:"
	for i, d := range e.Differences {
		if i > 0 {
			text += ";"
		}
		text += fmt.Sprintf(" %s is %s, want %s", d.Setting, d.Found, d.Want)
	}
	return text + ": edit it (nats stream edit " + e.Stream + "), or delete it if nothing in it is needed; it is not altered from here"
}

// compareStreams returns what makes a stream unfit for its purpose. A stream
// that does more than is asked (keeps longer, on more replicas, more subjects)
// fits.
func compareStreams(found, want jetstream.StreamConfig) []Difference {
	var differences []Difference
	differ := func(setting string, fits bool, found, want any) {
		if !fits {
			differences = append(differences, Difference{setting, fmt.Sprint(found), fmt.Sprint(want)})
		}
	}
	for _, subject := range want.Subjects {
		differ(settingSubjects, coveredBy(found.Subjects, subject), found.Subjects, subject+" among them")
	}
	differ("retention", found.Retention == want.Retention, found.Retention, want.Retention)
	differ("storage", found.Storage == want.Storage, found.Storage, want.Storage)
	differ("discard", found.Discard == want.Discard || found.MaxMsgs <= 0 && found.MaxBytes <= 0, found.Discard, want.Discard)
	differ(settingMaxAge, found.MaxAge == 0 || want.MaxAge != 0 && found.MaxAge >= want.MaxAge, age(found.MaxAge), "at least "+age(want.MaxAge))
	differ("duplicate window", found.Duplicates >= want.Duplicates, found.Duplicates, fmt.Sprint("at least ", want.Duplicates))
	differ("replicas", found.Replicas >= want.Replicas, found.Replicas, fmt.Sprint("at least ", want.Replicas))
	differ("max messages per subject", found.MaxMsgsPerSubject == want.MaxMsgsPerSubject || found.MaxMsgsPerSubject <= 0 && want.MaxMsgsPerSubject <= 0,
		found.MaxMsgsPerSubject, want.MaxMsgsPerSubject)
	differ("acknowledgements", !found.NoAck, "off", "on")
	differ("sealed", !found.Sealed, "yes", "no")
	differ("mirror", found.Mirror == nil, "of another stream", "none")
	differ("direct access", found.AllowDirect || !want.AllowDirect, "off", "on")
	differ("message TTLs", found.AllowMsgTTL || !want.AllowMsgTTL, "off", "on")
	return differences
}

// The Settings of a Difference that is mended: a further operator's subject is added to
// the stream of an MNO, and correlations are kept for longer.
const (
	settingSubjects = "subjects"
	settingMaxAge   = "max age"
)

// only reports whether there are differences, and all are of one setting.
func only(setting string, differences []Difference) bool {
	return len(differences) > 0 && !slices.ContainsFunc(differences, func(d Difference) bool { return d.Setting != setting })
}

// streamOfCorrelations is the stream of their bucket. An operator may come whose MNO's ids
// are to be kept for longer than any other's.
const streamOfCorrelations = "KV_" + contract.BucketCorrelations

// prolong has a stream keep what it holds for as long as is wanted. Nothing shortens it:
// another pod may have an operator that needs it. Of two pods that raise it at the same
// moment the lower may win; the other's next start mends that.
func (c *Conn) prolong(ctx context.Context, found jetstream.Stream, want jetstream.StreamConfig) (jetstream.Stream, error) {
	config := found.CachedInfo().Config
	config.MaxAge = want.MaxAge
	longer, err := c.js.UpdateStream(ctx, config)
	if err != nil {
		return nil, c.streamTrouble(ctx, want, err)
	}
	return longer, nil
}

// coveredBy reports whether one of the patterns covers a subject.
func coveredBy(patterns []string, subject string) bool {
	return slices.ContainsFunc(patterns, func(has string) bool { return covers(has, subject) })
}

// covers reports whether all that a subject stands for, a pattern stands for too:
// lane.*.smpp.*.* covers lane.p0.smpp.*.*.
func covers(pattern, subject string) bool {
	has, wants := strings.Split(pattern, "."), strings.Split(subject, ".")
	for i, token := range has {
		switch {
		case token == ">":
			return len(wants) > i
		case i >= len(wants) || wants[i] == ">", token != "*" && token != wants[i]:
			return false
		}
	}
	return len(has) == len(wants)
}

func age(d time.Duration) string {
	if d == 0 {
		return "unlimited"
	}
	return d.String()
}
