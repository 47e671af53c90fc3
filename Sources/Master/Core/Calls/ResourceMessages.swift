import MesosAPI
import Resources

/// Resources of a message as the core's books have them: allocated to no role, the role beside them.
struct ResourceMessages {
    let resources: Resources
    /// The roles that the resources say they are allocated to, in ascending order.
    let roles: [String]
    /// Whether some of them say none.
    let lacksRole: Bool

    /// - Throws: which resource is invalid, and why.
    init(_ messages: [Mesos_V1_Resource]) throws(ResourceRefusal) {
        let sum = try Resources(messages)
        lacksRole = messages.contains { !$0.hasAllocationInfo || !$0.allocationInfo.hasRole }
        roles = sum.allocationRoles
        resources = roles.isEmpty ? sum : sum.unallocated
    }
}
