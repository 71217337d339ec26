package operators

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/actors/port"
	contract "github.com/ghasi/smpp-connector/proto"
)

// maxAnswer bounds the body that is read: an account with three PEM chains has
// a tenth of it.
const maxAnswer = 1 << 20

// Options say where the service is, and how long to wait for it.
type Options struct {
	// URL is the service's base: http://operator-management:8080, perhaps with a path.
	URL string

	// Timeout bounds one Fetch, from the dial to the last octet; 5 s when 0.
	Timeout time.Duration

	// Defaults returns what our own configuration says of an operator, for the
	// fields that an answer leaves out; profile is the one that the answer names,
	// or empty. nil, here or as its result: the defaults of the package's table.
	Defaults func(operatorID, profile string) *contract.SmppCredentials

	Listener event.Listener // hears DependencyChanged{Name: "credentials"}; nil: nobody
}

// Client implements port.Credentials over HTTP. It is safe for concurrent use.
type Client struct {
	options    Options
	base       *url.URL
	http       *http.Client
	dependency event.Dependency
}

var _ port.Credentials = (*Client)(nil)

// New checks the options. It makes no request.
func New(o Options) (*Client, error) {
	o.Timeout = cmp.Or(o.Timeout, 5*time.Second)
	base, err := url.Parse(o.URL)
	if err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Host == "" {
		// Not wrapped: the URL may hold a password.
		return nil, errors.New("operators: OPERATOR_MANAGEMENT_URL: want http://HOST:PORT or https://HOST:PORT")
	}
	return &Client{
		options: o, base: base,
		http: &http.Client{
			Transport: &http.Transport{
				// No proxy from the environment: the service is a neighbour, and
				// an account's password goes to it alone.
				DialContext:         (&net.Dialer{Timeout: min(o.Timeout, 2*time.Second)}).DialContext,
				TLSHandshakeTimeout: min(o.Timeout, 2*time.Second),
				MaxIdleConnsPerHost: 4,
				IdleConnTimeout:     30 * time.Second,
			},
			// A redirect is somebody's login page, not an account.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		dependency: event.Dependency{Name: "credentials", Listener: o.Listener},
	}, nil
}

// ServiceError says that the service gave no account: it was not reached, or
// what answered was not the service. Try again later.
type ServiceError struct {
	OperatorID string
	Status     int    // of the answer, 0 without one
	Why        string // what came instead, and the remedy; nothing of its body
	Err        error  // of the connection, if that is why
}

// Error implements error.
func (e *ServiceError) Error() string {
	return fmt.Sprintf("operators: fetch the credentials of %s: %s", e.OperatorID, e.Why)
}

// Unwrap returns the connection's error.
func (e *ServiceError) Unwrap() error { return e.Err }

// Fetch implements port.Credentials: one request, one complete and valid answer, or
// an error: *ServiceError, *AnswerError, or one that is port.ErrUnknownOperator.
func (c *Client) Fetch(caller context.Context, operatorID string) (*contract.SmppCredentials, error) {
	if err := contract.ValidateID("operatorId", operatorID); err != nil {
		return nil, fmt.Errorf("operators: %w", err)
	}
	ctx, cancel := context.WithTimeout(caller, c.options.Timeout)
	defer cancel()
	body, err := c.get(ctx, operatorID)
	var service *ServiceError
	switch {
	case !errors.As(err, &service):
		c.dependency.Up(time.Now())
	case caller.Err() == nil: // what a caller gave up on says nothing about the service
		c.dependency.Down(service.Why, time.Now())
	}
	if err != nil {
		return nil, err
	}
	return read(operatorID, body, c.options.Defaults)
}

// get returns the body of an answer that claims to be JSON.
func (c *Client) get(ctx context.Context, operatorID string) ([]byte, error) {
	at := c.base.JoinPath("internal", "operators", operatorID, "smpp-credentials")
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
	if err != nil {
		return nil, &ServiceError{OperatorID: operatorID, Why: "the request cannot be made; check OPERATOR_MANAGEMENT_URL"}
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", "smpp-connector")
	answer, err := c.http.Do(request)
	if err != nil {
		return nil, c.unreachable(operatorID, "cannot be reached", err)
	}
	defer answer.Body.Close()
	if err := verdict(operatorID, answer); err != nil {
		// A short rest is read so that the connection can be used again.
		_, _ = io.CopyN(io.Discard, answer.Body, 4<<10)
		return nil, err
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer+1))
	if err != nil {
		return nil, c.unreachable(operatorID, "broke off its answer", err)
	}
	if len(body) > maxAnswer {
		return nil, &ServiceError{OperatorID: operatorID, Status: answer.StatusCode,
			Why: fmt.Sprintf("the answer is longer than %d octets; no account is", maxAnswer)}
	}
	return body, nil
}

// unreachable says what failed without the URL, which may hold a password.
func (c *Client) unreachable(operatorID, what string, err error) error {
	var request *url.Error
	if errors.As(err, &request) {
		err = request.Err
	}
	why := "the service at " + c.base.Host + " " + what + ": " + err.Error()
	if errors.Is(err, context.DeadlineExceeded) {
		why = fmt.Sprintf("the service at %s has not answered within %v", c.base.Host, c.options.Timeout)
	}
	return &ServiceError{OperatorID: operatorID, Why: why, Err: err}
}

// verdict judges an answer by its status and its kind, before its body is read.
func verdict(operatorID string, answer *http.Response) error {
	kind, _, err := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	isJSON := err == nil && (kind == "application/json" || strings.HasSuffix(kind, "+json"))
	wrong := func(why string) error {
		return &ServiceError{OperatorID: operatorID, Status: answer.StatusCode, Why: why}
	}
	switch status := answer.StatusCode; {
	case status == http.StatusNotFound:
		hint := ""
		if kind == "text/html" {
			hint = " (the answer is a web page: is OPERATOR_MANAGEMENT_URL the service's address?)"
		}
		return fmt.Errorf("operators: fetch the credentials of %s: %w%s", operatorID, port.ErrUnknownOperator, hint)
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return wrong(fmt.Sprintf("the service answered %d; it must let this connector read credentials", status))
	case status >= 300 && status < 400:
		return wrong(fmt.Sprintf("the service answered %d, a redirect; set OPERATOR_MANAGEMENT_URL to where the service itself is", status))
	case status != http.StatusOK:
		return wrong(fmt.Sprintf("the service answered %d", status))
	case !isJSON:
		return wrong(fmt.Sprintf("the answer is %s, want application/json; is OPERATOR_MANAGEMENT_URL the service's address?", cmp.Or(kind, "of no declared type")))
	}
	return nil
}
