// Package codec is the wire format of SMPP 3.4: PDUs to octets and back, the
// names of commands, statuses, TLVs and states, and what to do about octets that
// are not quite a PDU. It does not open connections, count sequence numbers, keep
// sessions, read texts (codec/text), user data headers (codec/udh) or receipts
// (codec/receipt), and it logs nothing. Its errors hold no content of any field.
//
// All PDUs of 3.4 can be written and read, in both directions. Of 5.0 it knows the
// statuses 0x100-0x112, the TLVs (congestion_state among them), the message states
// 0 and 9, and the broadcast PDUs.
//
//	stream ─ Framer.Next ─▶ frame ─ Parse / Decoder.Parse ─▶ *SubmitSM … ─ Append ─▶ octets
//	              └── *DecodeError ──┴─ Rule, Reply ─▶ generic_nack, …_resp, close
//
// Each PDU is a struct with the fields of the spec in its order, and describes
// itself three times: append and parse are straight code, for speed, and walk
// shows the fields to a Visitor, from which Validate, Clone, Dump and the JSON form
// follow. A test holds the three, and the spec's tables, to each other.
//
// # Who owns the bytes
//
// What Parse returns shares the frame's memory, strings included, and a frame of
// Framer.Next holds until the next call of Next: Clone what is to be kept. Append
// keeps nothing of the PDU and writes only behind dst.
//
// # Tolerance
//
// What is wrong but can be understood is read and noted (Decoder.Tolerated); what
// cannot be understood is a *DecodeError, for which Rule names the answer and
// Reply makes it. A Strict Decoder accepts nothing of it and answers the status
// that names the field. Rules returns this table, with the reasons:
//
//	problem             met in                 what is done
//	short_header        any                    wait
//	length_too_small    any                    generic_nack ESME_RINVCMDLEN, close
//	length_too_large    any                    generic_nack ESME_RINVCMDLEN, close
//	length_mismatch     any                    generic_nack ESME_RINVCMDLEN, close
//	unknown_command_id  any                    generic_nack ESME_RINVCMDID
//	empty_body          response               accept
//	truncated_body      request                own response ESME_RINVCMDLEN
//	truncated_body      response               no answer
//	no_nul              request                own response ESME_RINVCMDLEN
//	no_nul              response               accept
//	overlong_field      any                    accept
//	bad_time            any                    accept
//	bad_dest_flag       request                own response ESME_RINVDESTFLAG
//	sm_length_overrun   request                own response ESME_RINVMSGLEN
//	tlv_truncated       deliver_sm with text   accept
//	tlv_truncated       enquire_link, unbind   accept
//	tlv_truncated       request                own response ESME_RINVOPTPARSTREAM
//	tlv_truncated       response               accept
//	trailing_octets     deliver_sm with text   accept
//	trailing_octets     enquire_link, unbind   accept
//	trailing_octets     request                own response ESME_RINVOPTPARSTREAM
//	trailing_octets     response               accept
//	trailing_nuls       any                    accept
//
// Besides: an error response may have any body or none; requests that have no
// response (alert_notification, outbind) are not answered; a C-octet string of
// more than 255 characters is refused in a request by the status of its field; a
// TLV of any tag, any length and any number is kept, in order.
package codec
