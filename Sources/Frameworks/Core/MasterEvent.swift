package import Machine
package import MesosAPI

/// What a master tells a scheduler, as far as our schedulers have use for it.
package enum MasterEvent: Sendable {
    /// - master: `host:port`. - region: the master's own, if it has one.
    case subscribed(frameworkID: String, master: String, region: String?)
    case disconnected
    /// The framework's id is no longer valid, and its tasks are being killed.
    case removed
    case offered([Mesos_V1_Offer])
    case updated(Mesos_V1_TaskStatus)
    case messaged(executorID: String, agentID: String, [UInt8])
}

extension MasterEvent: Recordable {
    package func record(into writer: inout RecordingWriter) {
        switch self {
        case .subscribed(let frameworkID, let master, let region):
            writer.put(0)
            writer.put(frameworkID)
            writer.put(master)
            writer.put(region)
        case .disconnected: writer.put(1)
        case .offered(let offers):
            writer.put(2)
            writer.put(offers) { $0.put($1) }
        case .updated(let status):
            writer.put(3)
            writer.put(status)
        case .messaged(let executor, let agent, let data):
            writer.put(4)
            writer.put(executor)
            writer.put(agent)
            writer.put(data)
        case .removed: writer.put(5)
        }
    }

    package init(from reader: inout RecordingReader) throws(RecordingError) {
        switch try reader.int() {
        case 0: self = .subscribed(frameworkID: try reader.string(), master: try reader.string(), region: try reader.optionalString())
        case 1: self = .disconnected
        case 2: self = .offered(try reader.array { reader throws(RecordingError) in try reader.message() })
        case 3: self = .updated(try reader.message())
        case 4: self = .messaged(executorID: try reader.string(), agentID: try reader.string(), try reader.data())
        case 5: self = .removed
        default: throw .invalid("event of a master")
        }
    }
}
