/// Why a framework isn't offered an agent's resources.
package enum OfferRefusal: Int, Hashable, Sendable, CaseIterable, CustomStringConvertible {
    case frameworkInactive
    case suppressed
    case agentInactive
    case nothingFree
    case belowMinimum
    case gpusKeptForOthers
    case otherRegion
    case constraints
    case refusedBefore

    package var description: String {
        switch self {
        case .frameworkInactive: "the framework is not connected"
        case .suppressed: "the framework has suppressed offers for the role"
        case .agentInactive: "the agent is not connected or deactivated"
        case .nothingFree: "nothing that the role may use is free on the agent"
        case .belowMinimum: "less is free on the agent than the least that is offered"
        case .gpusKeptForOthers: "the agent has GPUs and the framework lacks the capability GPU_RESOURCES"
        case .otherRegion: "the agent is in another region and the framework lacks the capability REGION_AWARE"
        case .constraints: "the framework's offer constraints exclude the agent"
        case .refusedBefore: "the framework has declined as much or more of the agent, and its filter has not expired"
        }
    }
}

/// How often each reason has kept a framework from an offer.
package struct RefusalCounts: Hashable, Sendable {
    private var counts: [UInt64] = []

    package init() {}

    package subscript(refusal: OfferRefusal) -> UInt64 { counts.isEmpty ? 0 : counts[refusal.rawValue] }

    mutating func count(_ refusal: OfferRefusal) {
        if counts.isEmpty { counts = Array(repeating: 0, count: OfferRefusal.allCases.count) }
        counts[refusal.rawValue] &+= 1
    }
}
