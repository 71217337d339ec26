package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ghasi/smpp-connector/codec"
)

// Validate holds the whole configuration to its rules: every row of the tables,
// and what no single row can know. The error joins every complaint.
func (c *Config) Validate() error { return errors.Join(unique(c.complaints())...) }

func (c *Config) complaints() []error {
	all := checkRows(c, settings, "")
	all = append(all, c.checkIdentity()...)
	if c.NATS.Replicas == 2 || c.NATS.Replicas == 4 {
		all = append(all, &Complaint{Path: "nats.replicas", Env: "NATS_REPLICAS", Shape: fmt.Sprint(c.NATS.Replicas),
			Want: "1, 3 or 5: an even number of copies survives no more than one less"})
	}
	if most := c.NATS.DispatchMaxAge / 4; c.Dispatch.AckWait > most {
		all = append(all, &Complaint{Path: "nats.dispatchMaxAge", Env: "NATS_DISPATCH_MAX_AGE", Shape: showDuration(c.NATS.DispatchMaxAge),
			Want: "at least 4 times dispatch.ackWait, " + showDuration(4*c.Dispatch.AckWait) + ": else a command may be a dead letter while its answer is awaited"})
	}
	if len(c.Operators) == 0 && len(c.OperatorIDs) == 0 {
		all = append(all, &Complaint{Path: "operators", Env: "OPERATOR_IDS", Shape: "empty",
			Want: "at least one operator: a list `operators:` in the file, or OPERATOR_IDS=one id with SMPP_HOST, SMPP_PORT, SMPP_SYSTEM_ID and SMPP_PASSWORD, or OPERATOR_IDS with OPERATOR_MANAGEMENT_URL"})
	}
	if c.Recorder.DumpDir != "" && c.Recorder.Octets == 0 {
		all = append(all, &Complaint{Path: "recorder.octets", Env: "RECORDER_OCTETS", Shape: "0",
			Want: "more than 0, because RECORDER_DUMP_DIR is set: without a recorder there is nothing to write"})
	}
	for _, list := range [][]Operator{c.Operators, c.unserved()} {
		for i := range list {
			all = append(all, c.checkOperator(&list[i])...)
		}
	}
	all = append(all, c.checkDebug()...)
	return append(all, c.checkListeners()...)
}

// checkListeners: one address, one listener. Of the operators that are not served
// the backups alone may come to listen in this process.
func (c *Config) checkListeners() (complaints []error) {
	taken := make(map[string]string) // address → whose
	listen := func(o Operator) {
		if owner, is := taken[o.Outbind.Listen]; is && owner != o.ID {
			complaints = append(complaints, &Complaint{Path: "operators[" + o.ID + "].outbind.listen", Shape: shapeOf(o.Outbind.Listen, false),
				Want: "an address of its own: " + owner + " listens there"})
		} else if o.Outbind.Listen != "" {
			taken[o.Outbind.Listen] = o.ID
		}
	}
	for _, o := range c.Operators {
		listen(o)
	}
	for _, o := range c.Operators {
		if backup, known := c.Operator(o.BackupID); known {
			listen(backup)
		}
	}
	return complaints
}

func checkRows[T any](t *T, rows []knob[T], prefix string) (complaints []error) {
	for _, row := range rows {
		if err := row.check(t, prefix); err != nil {
			complaints = append(complaints, err)
		}
	}
	return complaints
}

// checkNumbers: the operators of one MNO have binds of their own.
func (c *Config) checkNumbers() (complaints []error) {
	for i, o := range c.Operators {
		for _, before := range c.Operators[:i] {
			if free := before.FirstBind + before.Binds; o.FirstBind < free && before.FirstBind < o.FirstBind+o.Binds {
				complaints = append(complaints, &Complaint{Path: "operators[" + o.ID + "].firstBind", Shape: strconv.Itoa(o.FirstBind),
					Want: fmt.Sprintf("a number such as %d, so that its binds are not operator %q's of the same MNO_ID; or POSTGRES_URL, whose rows say which bind is whose", free, before.ID)})
			}
		}
	}
	return complaints
}

// checkIdentity: MNO_ID and BIND_DIRECTION name a pod's binds together (US-SC-016).
func (c *Config) checkIdentity() (complaints []error) {
	if c.MNO != "" && c.Direction == "" {
		complaints = append(complaints, &Complaint{Path: "bindDirection", Env: "BIND_DIRECTION", Shape: "empty", Want: "tx, rx or trx, because MNO_ID is set"})
	}
	if c.MNO == "" && c.Direction != "" {
		complaints = append(complaints, &Complaint{Path: "mno", Env: "MNO_ID", Shape: "empty", Want: "the MNO whose binds this pod serves, because BIND_DIRECTION is set"})
	}
	if c.MNO != "" && c.Postgres.URL == "" { // else rows may say which bind is whose
		complaints = append(complaints, c.checkNumbers()...)
	}
	if len(c.Lanes) == 0 {
		complaints = append(complaints, &Complaint{Path: "lanes", Env: "LANES", Shape: "empty", Want: "at least one of P0, P1, P2, P3"})
	}
	return complaints
}

func (c *Config) checkOperator(o *Operator) []error {
	prefix := "operators[" + o.ID + "]."
	all := checkRows(o, operatorSettings, prefix)
	complain := func(path, env, shape, want string) {
		all = append(all, &Complaint{Path: prefix + path, Env: env, Shape: shape, Want: want})
	}
	if c.Management.URL == "" {
		all = append(all, o.checkAccount(prefix)...)
		if _, known := c.Operator(o.BackupID); o.BackupID != "" && !known {
			complain("backupOperatorId", "", shapeOf(o.BackupID, false), "the id of another operator of the file")
		}
	}
	if o.MNO != "" && c.MNO != "" && o.MNO != c.MNO && c.Serves(o.ID) {
		complain("mno", "", shapeOf(o.MNO, false), "MNO_ID, because this pod serves the operator, or nothing")
	}
	if o.BackupID != "" && o.BackupID == o.ID {
		complain("backupOperatorId", "", shapeOf(o.BackupID, false), "another operator than itself")
	}
	if o.ReferenceBits != 0 && o.ReferenceBits != 8 && o.ReferenceBits != 16 {
		complain("long.referenceBits", "", fmt.Sprint(o.ReferenceBits), "0, 8 or 16")
	}
	for i, rule := range o.Statuses {
		if slices.ContainsFunc(o.Statuses[:i], func(before StatusRule) bool { return before.Status == rule.Status }) {
			complain("statuses", "", "a list that has "+rule.Status.String()+" twice", "each status once")
		}
	}
	for i, c := range o.InboundCodings {
		if slices.ContainsFunc(o.InboundCodings[:i], func(before InboundCoding) bool { return before.DataCoding == c.DataCoding }) {
			complain("inboundCodings", "", fmt.Sprintf("a list that has data_coding %d twice", c.DataCoding), "each data_coding once")
		}
	}
	if o.ReceiptExpiry != 0 && o.ReceiptExpiry < time.Minute {
		complain("receipts.expiry", "", showDuration(o.ReceiptExpiry), "0s for correlation.expiry, or at least 1m")
	}
	if o.ValidityForm == ValidityNone && o.ValidityPeriod != 0 {
		complain("validityPeriod", "", showDuration(o.ValidityPeriod), "0s, because validityForm is none: no validity is written")
	}
	all = append(all, o.checkAddresses(prefix)...)
	all = append(all, o.checkVersion(prefix)...)
	all = append(all, o.checkLine(prefix)...)
	if c.Dispatch.AckWait <= o.Timers.Response {
		all = append(all, &Complaint{Path: "dispatch.ackWait", Env: "DISPATCH_ACK_WAIT", Shape: showDuration(c.Dispatch.AckWait),
			Want: "more than the response timeout of " + o.ID + ", " + showDuration(o.Timers.Response) + ": else a command is delivered again while its answer is still awaited"})
	}
	if len(o.Timers.Backoff) == 0 {
		complain("timers.backoff", "BACKOFF", "empty", "at least one delay")
	}
	if (o.TLS.ClientCertificate == "") != (o.TLS.ClientKey == "") {
		complain("tls.clientKeyPem", "", "", "a client certificate and its key together, or neither")
	}
	return all
}

// checkAddresses: each prefix rule can come to its turn, and the default sender is allowed.
func (o *Operator) checkAddresses(prefix string) (complaints []error) {
	a := o.Addresses
	if len(a.Rewrite.From) == 0 && !o.allows(o.SourceAddress) {
		complaints = append(complaints, &Complaint{Path: prefix + "sourceAddress", Env: "SMPP_SOURCE_ADDRESS", Shape: shapeOf(o.SourceAddress, false),
			Want: "one of `senders`, or nothing: else every command without a sender is a dead letter"})
	}
	for _, list := range []struct {
		path  string
		rules []PrefixRule
	}{
		{"rewrite.to", a.Rewrite.To}, {"rewrite.from", a.Rewrite.From},
		{"rewriteInbound.from", a.RewriteInbound.From}, {"rewriteInbound.to", a.RewriteInbound.To},
	} {
		for i, rule := range list.rules {
			for _, before := range list.rules[:i] {
				if strings.HasPrefix(rule.Old, before.Old) {
					complaints = append(complaints, &Complaint{Path: prefix + "addresses." + list.path,
						Shape: "a list with " + showPrefixRule(rule) + " behind " + showPrefixRule(before), Want: "the longer prefix first: the first rule that fits is applied, so the later one never is"})
					break
				}
			}
		}
	}
	return complaints
}

// allows reports whether a sender may be submitted as it is.
func (o *Operator) allows(sender string) bool {
	sender = strings.TrimPrefix(sender, "+")
	return sender == "" || len(o.Senders) == 0 || slices.ContainsFunc(o.Senders, func(allowed string) bool {
		prefix, open := strings.CutSuffix(strings.TrimPrefix(allowed, "+"), "*")
		return sender == prefix || open && strings.HasPrefix(sender, prefix)
	})
}

// checkVersion: what an MNO that is bound with SMPP 3.3 cannot be told.
func (o *Operator) checkVersion(prefix string) (complaints []error) {
	if o.InterfaceVersion >= codec.InterfaceVersion34 {
		return nil
	}
	const because = ", because interfaceVersion is below 0x34: SMPP 3.3 has no TLVs"
	if o.LongStrategy != LongCSMS {
		complaints = append(complaints, &Complaint{Path: prefix + "longMessageStrategy", Env: "SMPP_LONG_MESSAGE_STRATEGY", Shape: shapeOf(string(o.LongStrategy), false), Want: "csms" + because})
	}
	if slices.ContainsFunc(o.TLVs, func(t TLV) bool { return t.Required }) {
		complaints = append(complaints, &Complaint{Path: prefix + "tlvs", Shape: "a list with a required one", Want: "none that is required" + because})
	}
	return complaints
}

// checkLine: what the addresses of a line, ours and theirs, have to do with each other.
func (o *Operator) checkLine(prefix string) (complaints []error) {
	complain := func(path, env, shape, want string) {
		complaints = append(complaints, &Complaint{Path: prefix + path, Env: env, Shape: shape, Want: want})
	}
	complaints = o.checkHosts(prefix)
	source, err := netip.ParseAddr(o.SourceIP)
	for _, address := range o.Endpoints() {
		name, _, _ := net.SplitHostPort(address)
		host, err2 := netip.ParseAddr(name)
		if err == nil && err2 == nil && source.Unmap().Is4() != host.Unmap().Is4() {
			complain("link.sourceIp", "SMPP_SOURCE_IP", shapeOf(o.SourceIP, false), "an address of the same IP version as the host's, "+name)
		}
	}
	switch b := o.Outbind; {
	case b.Listen == "" && (b.SystemID != "" || b.Password != ""):
		complain("outbind.listen", "", "empty", "an address to listen on, because outbind.systemId or outbind.password is set")
	case b.Listen != "" && b.SystemID == "":
		complain("outbind.systemId", "", "empty", "the system_id of the MNO's outbind, because outbind.listen is set: else whoever connects is sent the account's password")
	case b.Listen != "" && o.BindMode == ModeTX:
		complain("bindMode", "SMPP_BIND_MODE", shapeOf(string(o.BindMode), false), "trx, rx or tx_rx, because outbind.listen is set: an outbind asks for a receiver")
	}
	return complaints
}

// checkAccount demands what only the account's owner can know.
func (o *Operator) checkAccount(prefix string) (complaints []error) {
	missing := func(path, env, want string) {
		complaints = append(complaints, &Complaint{Path: prefix + path, Env: env, Shape: "empty", Want: want})
	}
	if o.Host == "" && len(o.Hosts) == 0 {
		missing("host", "SMPP_HOST", "the MNO's host name or address, or hosts where it has more than one")
	}
	if o.Port == 0 && len(o.Hosts) == 0 {
		missing("port", "SMPP_PORT", "the MNO's TCP port, often 2775")
	}
	if o.SystemID == "" {
		missing("systemId", "SMPP_SYSTEM_ID", "the account's name")
	}
	if o.Password == "" && o.PasswordFile == "" {
		missing("password", "SMPP_PASSWORD", "the account's password, or a passwordFile")
	}
	return complaints
}
