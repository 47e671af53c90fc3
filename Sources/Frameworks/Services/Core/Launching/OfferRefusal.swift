package import Resources

/// Why an instance did not go to an offer: the stages that an offer passes, in order. The first one that fails counts.
package enum OfferStage: Int, Hashable, Sendable, CaseIterable, Comparable {
    case role, constraint, reservation, maintenance, cpus, memory, disk, gpus, ports, scarceResources

    /// As the launch queue shows it (Marathon 1.11 docs/rest-api/public/api/v2/types/offer.raml).
    package var name: String {
        switch self {
        case .role: "UnfulfilledRole"
        case .constraint: "UnfulfilledConstraint"
        case .reservation: "NoCorrespondingReservationFound"
        case .maintenance: "AgentMaintenance"
        case .cpus: "InsufficientCpus"
        case .memory: "InsufficientMemory"
        case .disk: "InsufficientDisk"
        case .gpus: "InsufficientGpus"
        case .ports: "InsufficientPorts"
        case .scarceResources: "DeclinedScarceResources"
        }
    }

    package static func < (left: OfferStage, right: OfferStage) -> Bool { left.rawValue < right.rawValue }
}

/// One reason, with what an operator needs to know to change it.
package enum OfferRefusal: Hashable, Sendable {
    /// The offer is for another role.
    case role(offered: String, wanted: String)
    case constraint(ConstraintRefusal)
    /// The app demands to be in a region of its own (`@region`, `@zone`) to leave the master's.
    case remoteRegion(String)
    case maintenance
    case insufficient(OfferStage, wanted: Scalar, offered: Scalar)
    /// A port that the app demands isn't offered.
    case portTaken(Int)
    case tooFewPorts(wanted: Int, offered: Int)
    /// The agent's GPUs are kept for those who need some.
    case scarceGPUs

    package var stage: OfferStage {
        switch self {
        case .role: .role
        case .constraint, .remoteRegion: .constraint
        case .maintenance: .maintenance
        case .insufficient(let stage, _, _): stage
        case .portTaken, .tooFewPorts: .ports
        case .scarceGPUs: .scarceResources
        }
    }
}
