/// How many apps use each service port of the range that ports are chosen from.
struct PortUse: Sendable {
    private let range: ClosedRange<Int>
    private var counts: [Int32]

    init(range: ClosedRange<Int>) {
        self.range = range
        counts = Array(repeating: 0, count: range.count)
    }

    mutating func add(_ app: AppDefinition) { count(app, 1) }
    mutating func remove(_ app: AppDefinition) { count(app, -1) }

    private mutating func count(_ app: AppDefinition, _ difference: Int32) {
        for port in app.servicePorts where range.contains(port) { counts[port - range.lowerBound] += difference }
    }

    /// What assigns ports that none of these apps has.
    var free: ServicePorts {
        var ports = ServicePorts(range: range)
        for (offset, count) in counts.enumerated() where count > 0 { ports.reserve(range.lowerBound + offset) }
        return ports
    }
}
