package codec

import "fmt"

// CommandID is a command_id (SMPP 3.4 §5.1.2.1). The top bit makes a response.
type CommandID uint32

// The commands of SMPP 3.4, and the cell-broadcast family of 5.0.
const (
	BindReceiverID      CommandID = 0x00000001
	BindTransmitterID   CommandID = 0x00000002
	QuerySMID           CommandID = 0x00000003
	SubmitSMID          CommandID = 0x00000004
	DeliverSMID         CommandID = 0x00000005
	UnbindID            CommandID = 0x00000006
	ReplaceSMID         CommandID = 0x00000007
	CancelSMID          CommandID = 0x00000008
	BindTransceiverID   CommandID = 0x00000009
	OutbindID           CommandID = 0x0000000B
	EnquireLinkID       CommandID = 0x00000015
	SubmitMultiID       CommandID = 0x00000021
	AlertNotificationID CommandID = 0x00000102
	DataSMID            CommandID = 0x00000103
	BroadcastSMID       CommandID = 0x00000111
	QueryBroadcastSMID  CommandID = 0x00000112
	CancelBroadcastSMID CommandID = 0x00000113

	GenericNackID           CommandID = 0x80000000
	BindReceiverRespID      CommandID = 0x80000001
	BindTransmitterRespID   CommandID = 0x80000002
	QuerySMRespID           CommandID = 0x80000003
	SubmitSMRespID          CommandID = 0x80000004
	DeliverSMRespID         CommandID = 0x80000005
	UnbindRespID            CommandID = 0x80000006
	ReplaceSMRespID         CommandID = 0x80000007
	CancelSMRespID          CommandID = 0x80000008
	BindTransceiverRespID   CommandID = 0x80000009
	EnquireLinkRespID       CommandID = 0x80000015
	SubmitMultiRespID       CommandID = 0x80000021
	DataSMRespID            CommandID = 0x80000103
	BroadcastSMRespID       CommandID = 0x80000111
	QueryBroadcastSMRespID  CommandID = 0x80000112
	CancelBroadcastSMRespID CommandID = 0x80000113
)

// responseBit is set in the command_id of every response.
const responseBit CommandID = 0x80000000

// commandRow is one line of the table: the name, and a new empty struct to parse into.
type commandRow struct {
	id      CommandID
	name    string
	version string // of the spec that has it first: 3.4 or 5.0
	make    func() PDU
}

// commands is the one table of commands.
var commands = []commandRow{
	{BindReceiverID, "bind_receiver", "3.4", func() PDU { return new(BindReceiver) }},
	{BindTransmitterID, "bind_transmitter", "3.4", func() PDU { return new(BindTransmitter) }},
	{QuerySMID, "query_sm", "3.4", func() PDU { return new(QuerySM) }},
	{SubmitSMID, "submit_sm", "3.4", func() PDU { return new(SubmitSM) }},
	{DeliverSMID, "deliver_sm", "3.4", func() PDU { return new(DeliverSM) }},
	{UnbindID, "unbind", "3.4", func() PDU { return new(Unbind) }},
	{ReplaceSMID, "replace_sm", "3.4", func() PDU { return new(ReplaceSM) }},
	{CancelSMID, "cancel_sm", "3.4", func() PDU { return new(CancelSM) }},
	{BindTransceiverID, "bind_transceiver", "3.4", func() PDU { return new(BindTransceiver) }},
	{OutbindID, "outbind", "3.4", func() PDU { return new(Outbind) }},
	{EnquireLinkID, "enquire_link", "3.4", func() PDU { return new(EnquireLink) }},
	{SubmitMultiID, "submit_multi", "3.4", func() PDU { return new(SubmitMulti) }},
	{AlertNotificationID, "alert_notification", "3.4", func() PDU { return new(AlertNotification) }},
	{DataSMID, "data_sm", "3.4", func() PDU { return new(DataSM) }},
	{BroadcastSMID, "broadcast_sm", "5.0", func() PDU { return new(BroadcastSM) }},
	{QueryBroadcastSMID, "query_broadcast_sm", "5.0", func() PDU { return new(QueryBroadcastSM) }},
	{CancelBroadcastSMID, "cancel_broadcast_sm", "5.0", func() PDU { return new(CancelBroadcastSM) }},
	{GenericNackID, "generic_nack", "3.4", func() PDU { return new(GenericNack) }},
	{BindReceiverRespID, "bind_receiver_resp", "3.4", func() PDU { return new(BindReceiverResp) }},
	{BindTransmitterRespID, "bind_transmitter_resp", "3.4", func() PDU { return new(BindTransmitterResp) }},
	{QuerySMRespID, "query_sm_resp", "3.4", func() PDU { return new(QuerySMResp) }},
	{SubmitSMRespID, "submit_sm_resp", "3.4", func() PDU { return new(SubmitSMResp) }},
	{DeliverSMRespID, "deliver_sm_resp", "3.4", func() PDU { return new(DeliverSMResp) }},
	{UnbindRespID, "unbind_resp", "3.4", func() PDU { return new(UnbindResp) }},
	{ReplaceSMRespID, "replace_sm_resp", "3.4", func() PDU { return new(ReplaceSMResp) }},
	{CancelSMRespID, "cancel_sm_resp", "3.4", func() PDU { return new(CancelSMResp) }},
	{BindTransceiverRespID, "bind_transceiver_resp", "3.4", func() PDU { return new(BindTransceiverResp) }},
	{EnquireLinkRespID, "enquire_link_resp", "3.4", func() PDU { return new(EnquireLinkResp) }},
	{SubmitMultiRespID, "submit_multi_resp", "3.4", func() PDU { return new(SubmitMultiResp) }},
	{DataSMRespID, "data_sm_resp", "3.4", func() PDU { return new(DataSMResp) }},
	{BroadcastSMRespID, "broadcast_sm_resp", "5.0", func() PDU { return new(BroadcastSMResp) }},
	{QueryBroadcastSMRespID, "query_broadcast_sm_resp", "5.0", func() PDU { return new(QueryBroadcastSMResp) }},
	{CancelBroadcastSMRespID, "cancel_broadcast_sm_resp", "5.0", func() PDU { return new(CancelBroadcastSMResp) }},
}

// commandSlots finds a command's line without hashing: by the response bit, then
// by the rest of the id. 0 is "no such command", n is line n-1.
var commandSlots = func() (slots [2][slotsPerSide]uint8) {
	for i, row := range commands {
		slots[row.id>>31][row.id&^responseBit] = uint8(i + 1)
	}
	return slots
}()

const slotsPerSide = 0x114 // one above the highest request id

// slot is the command's line in commands, or -1.
func (id CommandID) slot() int {
	if low := id &^ responseBit; low < slotsPerSide {
		return int(commandSlots[id>>31][low]) - 1
	}
	return -1
}

// String is the spec's name, "submit_sm", or "0x01020304" for an unknown command.
func (id CommandID) String() string {
	if i := id.slot(); i >= 0 {
		return commands[i].name
	}
	return fmt.Sprintf("0x%08X", uint32(id))
}

// Known reports whether this package has a struct for the command.
func (id CommandID) Known() bool { return id.slot() >= 0 }

// IsResponse reports whether the top bit is set: responses and generic_nack.
func (id CommandID) IsResponse() bool { return id&responseBit != 0 }

// Response is the command that answers id; ok is false for responses, for
// outbind and alert_notification, which have no answer, and for unknown commands.
func (id CommandID) Response() (resp CommandID, ok bool) {
	resp = id | responseBit
	return resp, !id.IsResponse() && id.Known() && resp.Known()
}

// KnownCommands lists every command that has a struct.
func KnownCommands() []CommandID {
	list := make([]CommandID, len(commands))
	for i := range commands {
		list[i] = commands[i].id
	}
	return list
}
