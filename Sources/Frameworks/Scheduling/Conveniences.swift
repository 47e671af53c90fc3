public import MesosAPI

extension Mesos_V1_Resource {
    /// An amount of a resource, unreserved.
    public static func scalar(_ name: String, _ amount: Double) -> Mesos_V1_Resource {
        var resource = Mesos_V1_Resource()
        resource.name = name
        resource.type = .scalar
        resource.scalar.value = amount
        return resource
    }
}

extension Mesos_V1_Offer {
    /// How much of a scalar resource is offered, whatever it is reserved for.
    public func amount(of name: String) -> Double {
        resources.reduce(0) { $0 + ($1.name == name && $1.type == .scalar ? $1.scalar.value : 0) }
    }
}

extension Mesos_V1_FrameworkInfo.Capability {
    public static func of(_ type: TypeEnum) -> Self {
        var capability = Self()
        capability.type = type
        return capability
    }
}

extension Mesos_V1_TaskID {
    public init(_ value: String) {
        self.init()
        self.value = value
    }
}

extension Mesos_V1_TaskState {
    /// Whether a task in this state has ended for good. An unreachable or unknown one may yet turn up.
    public var isTerminal: Bool {
        switch self {
        case .taskFinished, .taskFailed, .taskKilled, .taskLost, .taskError, .taskDropped, .taskGone, .taskGoneByOperator: true
        case .taskStaging, .taskStarting, .taskRunning, .taskKilling, .taskUnreachable, .taskUnknown: false
        }
    }
}
