package codec

// The command_status values of SMPP 3.4 §5.1.3 (48) and those that 5.0 added
// (19: 0x100-0x112), which 3.4 peers send too. Codes that 3.4 reserves have no
// name here: what one library calls 0x19, an MNO uses for something of its own.
const (
	StatusOK                Status = 0x00000000 // ESME_ROK
	StatusInvMsgLen         Status = 0x00000001 // ESME_RINVMSGLEN
	StatusInvCmdLen         Status = 0x00000002 // ESME_RINVCMDLEN
	StatusInvCmdID          Status = 0x00000003 // ESME_RINVCMDID
	StatusInvBndSts         Status = 0x00000004 // ESME_RINVBNDSTS
	StatusAlyBnd            Status = 0x00000005 // ESME_RALYBND
	StatusInvPrtFlg         Status = 0x00000006 // ESME_RINVPRTFLG
	StatusInvRegDlvFlg      Status = 0x00000007 // ESME_RINVREGDLVFLG
	StatusSysErr            Status = 0x00000008 // ESME_RSYSERR
	StatusInvSrcAdr         Status = 0x0000000A // ESME_RINVSRCADR
	StatusInvDstAdr         Status = 0x0000000B // ESME_RINVDSTADR
	StatusInvMsgID          Status = 0x0000000C // ESME_RINVMSGID
	StatusBindFail          Status = 0x0000000D // ESME_RBINDFAIL
	StatusInvPaswd          Status = 0x0000000E // ESME_RINVPASWD
	StatusInvSysID          Status = 0x0000000F // ESME_RINVSYSID
	StatusCancelFail        Status = 0x00000011 // ESME_RCANCELFAIL
	StatusReplaceFail       Status = 0x00000013 // ESME_RREPLACEFAIL
	StatusMsgQFul           Status = 0x00000014 // ESME_RMSGQFUL
	StatusInvSerTyp         Status = 0x00000015 // ESME_RINVSERTYP
	StatusInvNumDests       Status = 0x00000033 // ESME_RINVNUMDESTS
	StatusInvDLName         Status = 0x00000034 // ESME_RINVDLNAME
	StatusInvDestFlag       Status = 0x00000040 // ESME_RINVDESTFLAG
	StatusInvSubRep         Status = 0x00000042 // ESME_RINVSUBREP
	StatusInvEsmClass       Status = 0x00000043 // ESME_RINVESMCLASS
	StatusCntSubDL          Status = 0x00000044 // ESME_RCNTSUBDL
	StatusSubmitFail        Status = 0x00000045 // ESME_RSUBMITFAIL
	StatusInvSrcTON         Status = 0x00000048 // ESME_RINVSRCTON
	StatusInvSrcNPI         Status = 0x00000049 // ESME_RINVSRCNPI
	StatusInvDstTON         Status = 0x00000050 // ESME_RINVDSTTON
	StatusInvDstNPI         Status = 0x00000051 // ESME_RINVDSTNPI
	StatusInvSysTyp         Status = 0x00000053 // ESME_RINVSYSTYP
	StatusInvRepFlag        Status = 0x00000054 // ESME_RINVREPFLAG
	StatusInvNumMsgs        Status = 0x00000055 // ESME_RINVNUMMSGS
	StatusThrottled         Status = 0x00000058 // ESME_RTHROTTLED
	StatusInvSched          Status = 0x00000061 // ESME_RINVSCHED
	StatusInvExpiry         Status = 0x00000062 // ESME_RINVEXPIRY
	StatusInvDftMsgID       Status = 0x00000063 // ESME_RINVDFTMSGID
	StatusXTAppn            Status = 0x00000064 // ESME_RX_T_APPN
	StatusXPAppn            Status = 0x00000065 // ESME_RX_P_APPN
	StatusXRAppn            Status = 0x00000066 // ESME_RX_R_APPN
	StatusQueryFail         Status = 0x00000067 // ESME_RQUERYFAIL
	StatusInvOptParStream   Status = 0x000000C0 // ESME_RINVOPTPARSTREAM
	StatusOptParNotAllwd    Status = 0x000000C1 // ESME_ROPTPARNOTALLWD
	StatusInvParLen         Status = 0x000000C2 // ESME_RINVPARLEN
	StatusMissingOptParam   Status = 0x000000C3 // ESME_RMISSINGOPTPARAM
	StatusInvOptParamVal    Status = 0x000000C4 // ESME_RINVOPTPARAMVAL
	StatusDeliveryFailure   Status = 0x000000FE // ESME_RDELIVERYFAILURE
	StatusUnknownErr        Status = 0x000000FF // ESME_RUNKNOWNERR
	StatusSerTypUnauth      Status = 0x00000100 // ESME_RSERTYPUNAUTH (5.0)
	StatusProhibited        Status = 0x00000101 // ESME_RPROHIBITED (5.0)
	StatusSerTypUnavail     Status = 0x00000102 // ESME_RSERTYPUNAVAIL (5.0)
	StatusSerTypDenied      Status = 0x00000103 // ESME_RSERTYPDENIED (5.0)
	StatusInvDCS            Status = 0x00000104 // ESME_RINVDCS (5.0)
	StatusInvSrcAddrSubunit Status = 0x00000105 // ESME_RINVSRCADDRSUBUNIT (5.0)
	StatusInvDstAddrSubunit Status = 0x00000106 // ESME_RINVDSTADDRSUBUNIT (5.0)
	StatusInvBcastFreqInt   Status = 0x00000107 // ESME_RINVBCASTFREQINT (5.0)
	StatusInvBcastAliasName Status = 0x00000108 // ESME_RINVBCASTALIAS_NAME (5.0)
	StatusInvBcastAreaFmt   Status = 0x00000109 // ESME_RINVBCASTAREAFMT (5.0)
	StatusInvNumBcastAreas  Status = 0x0000010A // ESME_RINVNUMBCAST_AREAS (5.0)
	StatusInvBcastCntType   Status = 0x0000010B // ESME_RINVBCASTCNTTYPE (5.0)
	StatusInvBcastMsgClass  Status = 0x0000010C // ESME_RINVBCASTMSGCLASS (5.0)
	StatusBcastFail         Status = 0x0000010D // ESME_RBCASTFAIL (5.0)
	StatusBcastQueryFail    Status = 0x0000010E // ESME_RBCASTQUERYFAIL (5.0)
	StatusBcastCancelFail   Status = 0x0000010F // ESME_RBCASTCANCELFAIL (5.0)
	StatusInvBcastRep       Status = 0x00000110 // ESME_RINVBCAST_REP (5.0)
	StatusInvBcastSrvGrp    Status = 0x00000111 // ESME_RINVBCASTSRVGRP (5.0)
	StatusInvBcastChanInd   Status = 0x00000112 // ESME_RINVBCASTCHANIND (5.0)
)

// statuses is the one table of names; String, Meaning and KnownStatuses read it.
// C0-C4 keep the names of 3.4 (5.0 renamed them, the numbers are the same).
var statuses = []statusRow{
	{StatusOK, "ESME_ROK", "3.4", "No error"},
	{StatusInvMsgLen, "ESME_RINVMSGLEN", "3.4", "Message Length is invalid"},
	{StatusInvCmdLen, "ESME_RINVCMDLEN", "3.4", "Command Length is invalid"},
	{StatusInvCmdID, "ESME_RINVCMDID", "3.4", "Invalid Command ID"},
	{StatusInvBndSts, "ESME_RINVBNDSTS", "3.4", "Invalid BIND Status for given command"},
	{StatusAlyBnd, "ESME_RALYBND", "3.4", "ESME Already in Bound State"},
	{StatusInvPrtFlg, "ESME_RINVPRTFLG", "3.4", "Invalid Priority Flag"},
	{StatusInvRegDlvFlg, "ESME_RINVREGDLVFLG", "3.4", "Invalid Registered Delivery Flag"},
	{StatusSysErr, "ESME_RSYSERR", "3.4", "System Error"},
	{StatusInvSrcAdr, "ESME_RINVSRCADR", "3.4", "Invalid Source Address"},
	{StatusInvDstAdr, "ESME_RINVDSTADR", "3.4", "Invalid Dest Addr"},
	{StatusInvMsgID, "ESME_RINVMSGID", "3.4", "Message ID is invalid"},
	{StatusBindFail, "ESME_RBINDFAIL", "3.4", "Bind Failed"},
	{StatusInvPaswd, "ESME_RINVPASWD", "3.4", "Invalid Password"},
	{StatusInvSysID, "ESME_RINVSYSID", "3.4", "Invalid System ID"},
	{StatusCancelFail, "ESME_RCANCELFAIL", "3.4", "Cancel SM Failed"},
	{StatusReplaceFail, "ESME_RREPLACEFAIL", "3.4", "Replace SM Failed"},
	{StatusMsgQFul, "ESME_RMSGQFUL", "3.4", "Message Queue Full"},
	{StatusInvSerTyp, "ESME_RINVSERTYP", "3.4", "Invalid Service Type"},
	{StatusInvNumDests, "ESME_RINVNUMDESTS", "3.4", "Invalid number of destinations"},
	{StatusInvDLName, "ESME_RINVDLNAME", "3.4", "Invalid Distribution List Name"},
	{StatusInvDestFlag, "ESME_RINVDESTFLAG", "3.4", "Destination flag is invalid (submit_multi)"},
	{StatusInvSubRep, "ESME_RINVSUBREP", "3.4", "Invalid submit with replace request (i.e. submit_sm with replace_if_present_flag set)"},
	{StatusInvEsmClass, "ESME_RINVESMCLASS", "3.4", "Invalid esm_class field data"},
	{StatusCntSubDL, "ESME_RCNTSUBDL", "3.4", "Cannot Submit to Distribution List"},
	{StatusSubmitFail, "ESME_RSUBMITFAIL", "3.4", "submit_sm or submit_multi failed"},
	{StatusInvSrcTON, "ESME_RINVSRCTON", "3.4", "Invalid Source address TON"},
	{StatusInvSrcNPI, "ESME_RINVSRCNPI", "3.4", "Invalid Source address NPI"},
	{StatusInvDstTON, "ESME_RINVDSTTON", "3.4", "Invalid Destination address TON"},
	{StatusInvDstNPI, "ESME_RINVDSTNPI", "3.4", "Invalid Destination address NPI"},
	{StatusInvSysTyp, "ESME_RINVSYSTYP", "3.4", "Invalid system_type field"},
	{StatusInvRepFlag, "ESME_RINVREPFLAG", "3.4", "Invalid replace_if_present flag"},
	{StatusInvNumMsgs, "ESME_RINVNUMMSGS", "3.4", "Invalid number of messages"},
	{StatusThrottled, "ESME_RTHROTTLED", "3.4", "Throttling error (ESME has exceeded allowed message limits)"},
	{StatusInvSched, "ESME_RINVSCHED", "3.4", "Invalid Scheduled Delivery Time"},
	{StatusInvExpiry, "ESME_RINVEXPIRY", "3.4", "Invalid message validity period (Expiry time)"},
	{StatusInvDftMsgID, "ESME_RINVDFTMSGID", "3.4", "Predefined Message Invalid or Not Found"},
	{StatusXTAppn, "ESME_RX_T_APPN", "3.4", "ESME Receiver Temporary App Error Code"},
	{StatusXPAppn, "ESME_RX_P_APPN", "3.4", "ESME Receiver Permanent App Error Code"},
	{StatusXRAppn, "ESME_RX_R_APPN", "3.4", "ESME Receiver Reject Message Error Code"},
	{StatusQueryFail, "ESME_RQUERYFAIL", "3.4", "query_sm request failed"},
	{StatusInvOptParStream, "ESME_RINVOPTPARSTREAM", "3.4", "Error in the optional part of the PDU Body"},
	{StatusOptParNotAllwd, "ESME_ROPTPARNOTALLWD", "3.4", "Optional Parameter not allowed"},
	{StatusInvParLen, "ESME_RINVPARLEN", "3.4", "Invalid Parameter Length"},
	{StatusMissingOptParam, "ESME_RMISSINGOPTPARAM", "3.4", "Expected Optional Parameter missing"},
	{StatusInvOptParamVal, "ESME_RINVOPTPARAMVAL", "3.4", "Invalid Optional Parameter Value"},
	{StatusDeliveryFailure, "ESME_RDELIVERYFAILURE", "3.4", "Delivery Failure (used for data_sm_resp)"},
	{StatusUnknownErr, "ESME_RUNKNOWNERR", "3.4", "Unknown Error"},
	{StatusSerTypUnauth, "ESME_RSERTYPUNAUTH", "5.0", "ESME Not authorised to use specified service_type"},
	{StatusProhibited, "ESME_RPROHIBITED", "5.0", "ESME Prohibited from using specified operation"},
	{StatusSerTypUnavail, "ESME_RSERTYPUNAVAIL", "5.0", "Specified service_type is unavailable"},
	{StatusSerTypDenied, "ESME_RSERTYPDENIED", "5.0", "Specified service_type denied"},
	{StatusInvDCS, "ESME_RINVDCS", "5.0", "Invalid Data Coding Scheme"},
	{StatusInvSrcAddrSubunit, "ESME_RINVSRCADDRSUBUNIT", "5.0", "Source Address Sub unit is invalid"},
	{StatusInvDstAddrSubunit, "ESME_RINVDSTADDRSUBUNIT", "5.0", "Destination Address Sub unit is invalid"},
	{StatusInvBcastFreqInt, "ESME_RINVBCASTFREQINT", "5.0", "Broadcast Frequency Interval is invalid"},
	{StatusInvBcastAliasName, "ESME_RINVBCASTALIAS_NAME", "5.0", "Invalid Broadcast Alias Name"},
	{StatusInvBcastAreaFmt, "ESME_RINVBCASTAREAFMT", "5.0", "Invalid Broadcast Area Format"},
	{StatusInvNumBcastAreas, "ESME_RINVNUMBCAST_AREAS", "5.0", "Number of Broadcast Areas is invalid"},
	{StatusInvBcastCntType, "ESME_RINVBCASTCNTTYPE", "5.0", "Invalid Broadcast Content Type"},
	{StatusInvBcastMsgClass, "ESME_RINVBCASTMSGCLASS", "5.0", "Broadcast Message Class is invalid"},
	{StatusBcastFail, "ESME_RBCASTFAIL", "5.0", "broadcast_sm operation failed"},
	{StatusBcastQueryFail, "ESME_RBCASTQUERYFAIL", "5.0", "query_broadcast_sm failed"},
	{StatusBcastCancelFail, "ESME_RBCASTCANCELFAIL", "5.0", "cancel_broadcast_sm failed"},
	{StatusInvBcastRep, "ESME_RINVBCAST_REP", "5.0", "Number of Repeated Broadcasts is invalid"},
	{StatusInvBcastSrvGrp, "ESME_RINVBCASTSRVGRP", "5.0", "Broadcast Service Group is invalid"},
	{StatusInvBcastChanInd, "ESME_RINVBCASTCHANIND", "5.0", "Broadcast Channel Indicator is invalid"},
}
