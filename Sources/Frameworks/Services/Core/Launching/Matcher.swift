import FrameworkCore
import Machine
import MesosAPI
import Resources

/// What an instance takes of an offer.
struct Match {
    var resources: [Mesos_V1_Resource]
    /// One for each port of the definition; nil: none is mapped.
    var hostPorts: [Int?]
}

/// What holds of an offer besides its resources and its agent.
struct Circumstances {
    var role: String
    /// The agent's region, if it isn't the master's own.
    var foreignRegion: String?
    /// The agent is in its maintenance window.
    var isInMaintenance = false
    /// There are GPUs, which tasks without need for them are to leave alone.
    var keepsGPUs = false
}

/// The agents of other offers that are there at the same time.
struct Others {
    /// Those that could take the instance as well; the one in question may be among them.
    var rivals: [Agent] = []
    /// Those that can't.
    var full: [Agent] = []
}

/// Decides whether one more instance of an app fits into what is left of an offer, and says why not. Pure: takes nothing by itself.
struct Matcher {
    private let definition: Definition
    /// Of the app's constraints.
    let constraints: [ConstraintMatcher]
    /// Roles whose reservations may be used; `*` is what nobody has reserved.
    let roles: [String]

    init(_ definition: Definition, constraints: [ConstraintMatcher], roles: [String]) {
        self.definition = definition
        self.constraints = constraints
        self.roles = roles
    }

    var app: AppDefinition { _read { yield definition.app } }

    /// What must hold of the agent itself, whatever is left on it.
    /// - Parameter placed: the agents of the instances that count as placed.
    func refusals(by agent: Agent, _ circumstances: Circumstances, placed: [Agent], others: Others = Others()) -> [OfferRefusal] {
        if circumstances.role != app.role { return [.role(offered: circumstances.role, wanted: app.role)] }
        var refusals: [OfferRefusal] = []
        if let region = circumstances.foreignRegion, !app.constraints.allowsRemoteRegions { refusals.append(.remoteRegion(region)) }
        if circumstances.isInMaintenance { refusals.append(.maintenance) }
        if circumstances.keepsGPUs, app.gpus == 0, app.labels["GPU_SCHEDULING_BEHAVIOR"] != "unrestricted" { refusals.append(.scarceGPUs) }
        for matcher in constraints {
            let field = matcher.constraint.field
            let refusal = matcher.refusal(
                offered: agent.value(of: field), placed: placed.map { $0.value(of: field) }, instances: app.instances,
                rivals: others.rivals.map { $0.value(of: field) }, full: others.full.map { $0.value(of: field) })
            if let refusal { refusals.append(.constraint(refusal)) }
        }
        return refusals
    }

    /// Takes what one instance needs.
    /// - Returns: all that is missing, if anything is; then nothing has been taken.
    func take(
        from offered: inout OfferedResources, using generator: inout SplitMix
    ) -> Result<Match, Shortage> {
        var refusals: [OfferRefusal] = []
        let needs: [(String, OfferStage, Scalar)] = [
            ("cpus", .cpus, Scalar(app.cpus) ?? Scalar.limit), ("mem", .memory, Scalar(app.mem) ?? Scalar.limit),
            ("disk", .disk, Scalar(app.disk) ?? Scalar.limit), ("gpus", .gpus, Scalar(Double(app.gpus)) ?? Scalar.limit)
        ]
        for (name, stage, wanted) in needs where wanted > .zero {
            let amount = offered.amount(of: name, roles: roles)
            if amount < wanted { refusals.append(.insufficient(stage, wanted: wanted, offered: amount)) }
        }
        let ports = choosePorts(from: offered.ports(roles: roles), using: &generator)
        if case .failure(let shortage) = ports { refusals += shortage.refusals }
        guard refusals.isEmpty, case .success(let hostPorts) = ports else { return .failure(Shortage(refusals: refusals)) }
        var resources: [Mesos_V1_Resource] = []
        for (name, _, wanted) in needs where wanted > .zero { resources += offered.take(wanted, of: name, roles: roles) }
        let taken = hostPorts.compactMap { $0 }
        if !taken.isEmpty { resources += offered.take(ports: taken, roles: roles) }
        return .success(Match(resources: resources, hostPorts: hostPorts))
    }

    struct Shortage: Error {
        let refusals: [OfferRefusal]
    }

    /// Fixed ports as demanded, the others drawn from all that are offered.
    private func choosePorts(from offered: Ranges, using generator: inout SplitMix) -> Result<[Int?], Shortage> {
        let requested = app.requestedHostPorts
        guard requested.contains(where: { $0 != nil }) else { return .success(requested) }
        let fixed = requested.compactMap { $0 }.filter { $0 != 0 }
        for port in fixed where !offered.contains(UInt64(port)) { return .failure(Shortage(refusals: [.portTaken(port)])) }
        var free = offered - Ranges(fixed.map { UInt64($0)...UInt64($0) })
        let dynamic = requested.count { $0 == 0 }
        guard free.count >= UInt64(dynamic) else {
            let wanted = fixed.count + dynamic
            return .failure(Shortage(refusals: [.tooFewPorts(wanted: wanted, offered: Int(clamping: offered.count))]))
        }
        var ports: [Int?] = []
        for port in requested {
            guard port == 0 else {
                ports.append(port)
                continue
            }
            let position = generator.draw(below: free.count)
            guard let drawn = free.value(at: position) else { preconditionFailure("a position within the ranges has a value") }
            free = free - Ranges(drawn...drawn)
            ports.append(Int(clamping: drawn))
        }
        return .success(ports)
    }
}
