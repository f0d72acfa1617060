package importer

// Reasons of Events on a ServiceImport.
const (
	// ReasonNotManaged says that the import needs the name of an object that somebody else made, which is left as it is.
	ReasonNotManaged = "NotManaged"
	// ReasonIPChanged says that the import's IP was given to another Service meanwhile, so that it has a new one.
	ReasonIPChanged = "IPChanged"
	// ReasonOverlappingAddress says that endpoints of several clusters have the same address.
	ReasonOverlappingAddress = "OverlappingAddress"
	// ReasonMemberStale says that members which export the service have fallen silent, and what that means for their endpoints.
	ReasonMemberStale = "MemberStale"
	// ReasonMemberForgotten says that members have been silent for so long that they were removed from the import.
	ReasonMemberForgotten = "MemberForgotten"
)
