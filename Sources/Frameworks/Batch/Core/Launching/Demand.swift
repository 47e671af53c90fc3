import FrameworkCore
import MesosAPI
package import Resources

/// What a task takes of an agent.
package struct Demand: Hashable, Sendable {
    package var cpus = Scalar.zero
    package var mem = Scalar.zero
    package var disk = Scalar.zero

    package init(cpus: Scalar, mem: Scalar, disk: Scalar) {
        self.cpus = cpus
        self.mem = mem
        self.disk = disk
    }

    package init() {}

    init(of definition: JobDefinition) {
        self.init(
            cpus: Scalar(definition.cpus) ?? .limit, mem: Scalar(definition.mem) ?? .limit, disk: Scalar(definition.disk) ?? .limit)
    }

    /// What is offered for these roles.
    init(of offered: OfferedResources, roles: [String]) {
        self.init(
            cpus: offered.amount(of: "cpus", roles: roles), mem: offered.amount(of: "mem", roles: roles),
            disk: offered.amount(of: "disk", roles: roles))
    }

    /// By name, as resources are offered.
    var parts: [(name: String, amount: Scalar)] { [("cpus", cpus), ("mem", mem), ("disk", disk)] }

    func fits(into other: Demand) -> Bool { cpus <= other.cpus && mem <= other.mem && disk <= other.disk }

    static func + (left: Demand, right: Demand) -> Demand {
        Demand(cpus: left.cpus + right.cpus, mem: left.mem + right.mem, disk: left.disk + right.disk)
    }

    static func - (left: Demand, right: Demand) -> Demand {
        Demand(cpus: left.cpus - right.cpus, mem: left.mem - right.mem, disk: left.disk - right.disk)
    }
}

/// What runs have in common that fit, or don't, alike.
struct Shape: Hashable, Sendable {
    var demand: Demand
    var constraints: [JobConstraint]

    init(of definition: JobDefinition) { (demand, constraints) = (Demand(of: definition), definition.constraints) }
}

/// What our own tasks hold of each agent.
struct AgentLoads: Sendable {
    /// Never iterated.
    private var loads: [String: Demand] = [:]

    mutating func add(_ demand: Demand, on agent: String) { loads[agent] = load(of: agent) + demand }

    mutating func remove(_ demand: Demand, from agent: String) {
        let rest = load(of: agent) - demand
        loads[agent] = rest == Demand() ? nil : rest
    }

    func load(of agent: String) -> Demand { loads[agent] ?? Demand() }
}
