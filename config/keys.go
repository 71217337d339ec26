package config

import (
	"slices"
	"strings"
	"time"

	"github.com/ghasi/smpp-connector/codec"
)

// live are the settings of the process that Reload puts in force, by their paths
// or by their groups; every other one needs a restart: addresses, folders, the
// pod's identity, what streams were made with. Of an operator and a profile every
// knob is live, though one that stands in the bind PDU makes the bind anew.
var live = []string{
	"operatorIds", "dispatch.fingerprintMismatch", "correlation.expiry", "dlr.", "concat.window", "timers.", "telemetry.logLevel", "telemetry.msisdnMask",
}

// isLive reports whether a setting of the process is one of them.
func isLive(path string) bool {
	return slices.ContainsFunc(live, func(of string) bool {
		return path == of || strings.HasSuffix(of, ".") && strings.HasPrefix(path, of)
	})
}

// settings is every setting of the process, in the order in which `config print`
// and the README show them.
var settings = slices.Concat([]knob[Config]{
	{"operatorIds", "OPERATOR_IDS", "", "the operators that this pod serves, with commas between them; empty: all of the file",
		func(c *Config) value { return words(&c.OperatorIDs, "ids of "+wantToken, isToken) }},
	{"mno", "MNO_ID", "", "with bindDirection: the MNO whose binds this pod serves; empty: mno = operatorId",
		func(c *Config) value { return text(&c.MNO, tokenOrNothing) }},
	{"bindDirection", "BIND_DIRECTION", "", "tx, rx or trx; set together with mno",
		func(c *Config) value { return choice(&c.Direction, "", "tx", "rx", "trx") }},
	{"lanes", "LANES", "P0,P1,P2,P3", "the priority lanes that this pod serves",
		func(c *Config) value { return lanes(&c.Lanes) }},
	{"podOrdinal", "POD_ORDINAL", "-1", "the pod's number in a StatefulSet, from 0; -1: binds are claimed by lease",
		func(c *Config) value { return whole(&c.PodOrdinal, -1, 100000) }},
	{"podName", "POD_NAME", "", "the pod's name in leases and logs; empty: the host's name",
		func(c *Config) value { return text(&c.Pod, atMost(253)) }},
	{"maxBinds", "MAX_BINDS", "0", "most binds that this pod claims; 0: its even share",
		func(c *Config) value { return whole(&c.MaxBinds, 0, 100000) }},
	{"egressIpPool", "EGRESS_IP_POOL", "", "label of the pool of addresses that the pod goes out from",
		func(c *Config) value { return text(&c.EgressPool, tokenOrNothing) }},
	{"egressIps", "EGRESS_IPS", "", "the pool's addresses as MNOs see them, to be shown in metrics; empty: our end of each line",
		func(c *Config) value { return words(&c.EgressIPs, wantAddress, isAddress) }},
	{"egressBudget", "EGRESS_BUDGET_BYTES", "0", "octets a second that the pool may carry, to alert on 80 % of it; 0: no budget",
		func(c *Config) value { return whole(&c.EgressBudget, 0, 1<<40) }},

	{"dataDir", "DATA_DIR", "data", "folder of the embedded NATS server (--data)",
		func(c *Config) value { return text(&c.DataDir, required("a folder")) }},
	{"httpAddr", "HTTP_ADDR", ":8080", "where /health, /ready and /metrics are served",
		func(c *Config) value { return text(&c.HTTPAddr, listenAddress) }},
	{"debugAddr", "DEBUG_ADDR", "127.0.0.1:8081", "where /debug is served; keep it on loopback",
		func(c *Config) value { return text(&c.DebugAddr, listenAddress) }},
	{"debugToken", "DEBUG_TOKEN", "", "what /debug asks for; needed beyond loopback, and for pprof; 16 characters or more",
		func(c *Config) value { return text(&c.DebugToken, hardToGuess) }},
	{"debugTokenFile", "DEBUG_TOKEN_FILE", "", "file with the debug token, in its place; what it has now is what is asked for",
		func(c *Config) value { return text(&c.DebugTokenFile, nil) }},

	{"nats.url", "NATS_URL", "", "NATS servers, with commas between them; empty: the embedded one",
		func(c *Config) value {
			return text(&c.NATS.URL, urlOf("nats://host:4222", "nats", "tls", "ws", "wss"))
		}},
	{"nats.nkeySeedFile", "NATS_NKEY_SEED_FILE", "", "file with the NKey seed; empty: no NKey",
		func(c *Config) value { return text(&c.NATS.NKeySeedFile, nil) }},
	{"nats.listen", "NATS_LISTEN", "127.0.0.1:4222", "where the embedded server listens; the next free port if taken (--nats-listen)",
		func(c *Config) value { return text(&c.NATS.Listen, listenAddress) }},
	{"nats.replicas", "NATS_REPLICAS", "1", "copies of streams and buckets that are created: 1, 3 or 5",
		func(c *Config) value { return whole(&c.NATS.Replicas, 1, 5) }},
	{"nats.dispatchStreams", "NATS_DISPATCH_STREAMS", "shared", "shared: commands for all MNOs wait in the stream SMPP_DISPATCH; mno: in one for each MNO, SMPP_DISPATCH_{mno}, so that many MNOs do not make each other's messages dear",
		func(c *Config) value { return choice(&c.NATS.DispatchStreams, DispatchShared, DispatchPerMNO) }},
	{"nats.dispatchMaxAge", "NATS_DISPATCH_MAX_AGE", "72h", "a command that has waited for so long is dropped by the server; half an hour before, of less than 2 h after three quarters of it, it becomes a dead letter, max_age; 10m at least",
		func(c *Config) value { return span(&c.NATS.DispatchMaxAge, 10*time.Minute) }},
	{"nats.eventsMaxAge", "NATS_EVENTS_MAX_AGE", "168h", "how long events can be read again",
		func(c *Config) value { return span(&c.NATS.EventsMaxAge, time.Minute) }},
	{"nats.duplicateWindow", "NATS_DUPLICATE_WINDOW", "10m", "how long the server remembers Nats-Msg-Id",
		func(c *Config) value { return span(&c.NATS.DuplicateWindow, time.Second) }},
	{"kubernetes.podSelector", "KUBERNETES_POD_SELECTOR", "", "labels of all pods that serve the same binds, as in app=smpp-connector,mno=awcc: owners of binds are held against them; empty: presence in NATS alone",
		func(c *Config) value { return text(&c.Kubernetes.PodSelector, atMost(1024)) }},
	{"redis.url", "REDIS_URL", "", "Redis for what pods share; empty: KV of the NATS in use",
		func(c *Config) value {
			return text(&c.Redis.URL, urlOf("redis://user:password@host:6379/0", "redis", "rediss"))
		}},
	{"redis.timeout", "REDIS_TIMEOUT", "50ms", "without an answer for so long, the pod's own share of the TPS limit takes over",
		func(c *Config) value { return span(&c.Redis.Timeout, time.Millisecond) }},
	{"redis.pods", "REDIS_PODS", "1", "pods that share the accounts, where NATS knows of fewer: while Redis does not answer, each has its part of a TPS limit",
		func(c *Config) value { return whole(&c.Redis.Pods, 1, 10000) }},
	{"postgres.url", "POSTGRES_URL", "", "PostgreSQL for correlations and bind settings; empty: KV of the NATS in use",
		func(c *Config) value {
			return text(&c.Postgres.URL, postgresAddress)
		}},
	{"operatorManagement.url", "OPERATOR_MANAGEMENT_URL", "", "operator-management-service; empty: credentials from this configuration",
		func(c *Config) value {
			return text(&c.Management.URL, urlOf("http://operator-management:3000", "http", "https"))
		}},
	{"operatorManagement.timeout", "OPERATOR_MANAGEMENT_TIMEOUT", "5s", "bound on one request for credentials",
		func(c *Config) value { return span(&c.Management.Timeout, time.Millisecond) }},
	{"operatorManagement.refresh", "OPERATOR_MANAGEMENT_REFRESH", "60s", "how often accounts and bind settings are read again",
		func(c *Config) value { return span(&c.Management.Refresh, time.Second) }},

	{"dispatch.ackWait", "DISPATCH_ACK_WAIT", "90s", "a command unsettled for so long is delivered again; above every response timeout",
		func(c *Config) value { return span(&c.Dispatch.AckWait, time.Second) }},
	{"dispatch.prefetch", "DISPATCH_PREFETCH", "-1", "commands pulled above the window's credit, and given back after 100 ms when no slot is free (500 ms: no TPS permit); -1: none is given back, one window waits",
		func(c *Config) value { return whole(&c.Dispatch.Prefetch, -1, 100000) }},
	{"dispatch.fingerprintMismatch", "FINGERPRINT_MISMATCH", "send", "send or refuse a command whose segmentFingerprint is another than ours",
		func(c *Config) value { return choice(&c.Dispatch.FingerprintMismatch, "send", "refuse") }},
	{"dispatch.eventsFormat", "EVENTS_FORMAT", "json", "json or protobuf: how events are published",
		func(c *Config) value { return choice(&c.Dispatch.EventsFormat, "json", "protobuf") }},

	{"correlation.expiry", "CORRELATION_EXPIRY", "72h", "how long the MNO's message ids are kept. In NATS a longer time than any before holds from the next start on",
		func(c *Config) value { return span(&c.Correlation.Expiry, time.Minute) }},
	{"dlr.orphanAfter", "DLR_ORPHAN_AFTER", "1h", "a receipt that matches nothing for so long goes to sms.dlr.orphan",
		func(c *Config) value { return span(&c.Receipts.OrphanAfter, time.Second) }},
	{"concat.window", "CONCAT_WINDOW", "60s", "how long parts of an inbound message wait for each other: concat_window_seconds of US-SC-025, as a duration",
		func(c *Config) value { return span(&c.Concat.Window, time.Second) }},
	{"maxPdu", "MAX_PDU", "131072", "longest PDU that is read, in octets; a longer one ends the line with generic_nack",
		func(c *Config) value { return whole(&c.MaxPDU, 1024, 16<<20) }},
	{"sequence.block", "SEQUENCE_BLOCK", "1000", "sequence numbers a reservation",
		func(c *Config) value { return whole(&c.Sequence.Block, 1, 1000000) }},
	{"recorder.octets", "RECORDER_OCTETS", "65536", "memory of each bind's flight recorder; 0: none",
		func(c *Config) value { return whole(&c.Recorder.Octets, 0, 64<<20) }},
	{"recorder.dumpDir", "RECORDER_DUMP_DIR", "", "folder where a bind's recorder is written when it leaves BOUND, HALF_CLOSED_TX or DRAINING; empty: none",
		func(c *Config) value { return text(&c.Recorder.DumpDir, nil) }},
	{"recorder.dumpFiles", "RECORDER_DUMP_FILES", "1000", "most files in that folder; the oldest are removed",
		func(c *Config) value { return whole(&c.Recorder.DumpFiles, 1, 1_000_000) }},
	{"recorder.dumpOctets", "RECORDER_DUMP_OCTETS", "268435456", "most octets of these files together; the oldest are removed",
		func(c *Config) value { return whole(&c.Recorder.DumpOctets, 64<<10, 1<<40) }},
},
	lift("timers.", timers, func(c *Config) *Timers { return &c.Timers }),
	[]knob[Config]{
		{"telemetry.logLevel", "LOG_LEVEL", "info", "debug, info, warn or error",
			func(c *Config) value { return choice(&c.Telemetry.LogLevel, "debug", "info", "warn", "error") }},
		{"telemetry.msisdnMask", "MSISDN_MASK", codec.LastThree.String(), "how many leading and trailing digits of a telephone number stay in logs, on the page and in flight recorders, as in 5+2, or hidden; of every number at least 4 digits are hidden",
			func(c *Config) value { return numberMask(&c.Telemetry.Numbers) }},
		{"telemetry.otlpEndpoint", "OTEL_EXPORTER_OTLP_ENDPOINT", "", "collector for OTLP over HTTP; empty: no push",
			func(c *Config) value {
				return text(&c.Telemetry.OTLPEndpoint, urlOf("http://collector:4318", "http", "https"))
			}},
		{"telemetry.sampleRatio", "TRACE_SAMPLE_RATIO", "0.01", "share of messages whose trace is recorded when their sender did not decide",
			func(c *Config) value { return share(&c.Telemetry.SampleRatio) }},
	},
)
