/// One port of a task: what its definition asks for and what it got.
package struct TaskPort: Hashable, Sendable {
    package var name: String?
    /// The container port, or in host mode the port definition's; 0: none in particular.
    package var requested: Int
    /// nil: none is mapped.
    package var hostPort: Int?
    /// Where the task can be reached: the host port if there is one, else the container port.
    package var number: Int
    /// Whether the number was drawn because the definition had neither host nor container port.
    package var isGenerated = false
}

extension AppDefinition {
    /// The ports of a task.
    /// - Parameters:
    ///   - hostPorts: the host ports taken from the offer, one for each port of the definition; nil: none is mapped.
    ///   - generator: draws container ports (1025 to 65535) where nothing says which.
    package func taskPorts(hostPorts: [Int?], using generator: inout some RandomNumberGenerator) -> [TaskPort] {
        let requests =
            portMappings.isEmpty ? portDefinitions.map { ($0.name, $0.port) } : portMappings.map { ($0.name, $0.containerPort) }
        var taken = Set(requests.map(\.1) + hostPorts.compactMap { $0 })
        return zip(requests, hostPorts).map { request, hostPort in
            let (name, requested) = request
            if hostPort == nil, requested == 0 {
                let port = Self.draw(&taken, using: &generator)
                return TaskPort(name: name, requested: 0, hostPort: nil, number: port, isGenerated: true)
            }
            return TaskPort(name: name, requested: requested, hostPort: hostPort, number: hostPort ?? requested)
        }
    }

    /// A port that isn't taken: the first free one from a random place on. With all of them taken, a doubled one.
    private static func draw(_ taken: inout Set<Int>, using generator: inout some RandomNumberGenerator) -> Int {
        let start = Int.random(in: 1025...65535, using: &generator)
        let port = (start...65535).first { !taken.contains($0) } ?? (1025..<start).first { !taken.contains($0) } ?? start
        taken.insert(port)
        return port
    }
}
