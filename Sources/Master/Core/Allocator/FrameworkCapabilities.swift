/// What a framework said it can handle.
/// Specified by Mesos 1.11 include/mesos/v1/mesos.proto (`FrameworkInfo.Capability`); bit n stands for the capability of number n.
package struct FrameworkCapabilities: OptionSet, Hashable, Sendable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) { self.rawValue = rawValue }

    package static let revocableResources = Self(rawValue: 1 << 1)
    package static let taskKillingState = Self(rawValue: 1 << 2)
    package static let gpuResources = Self(rawValue: 1 << 3)
    package static let sharedResources = Self(rawValue: 1 << 4)
    package static let partitionAware = Self(rawValue: 1 << 5)
    package static let multiRole = Self(rawValue: 1 << 6)
    package static let reservationRefinement = Self(rawValue: 1 << 7)
    package static let regionAware = Self(rawValue: 1 << 8)

    /// Each capability's name in messages, by its number.
    package static let names = [
        "UNKNOWN", "REVOCABLE_RESOURCES", "TASK_KILLING_STATE", "GPU_RESOURCES", "SHARED_RESOURCES", "PARTITION_AWARE", "MULTI_ROLE",
        "RESERVATION_REFINEMENT", "REGION_AWARE"
    ]

    /// The names of those that are set, by number.
    package var names: [String] { Self.names.indices.filter { rawValue & (1 << UInt32($0)) != 0 }.map { Self.names[$0] } }
}
