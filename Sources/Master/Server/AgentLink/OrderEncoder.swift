import MasterCore

/// Writes what an agent is told as one record each.
/// Specified by link.proto (`MasterRecord`); the numbers are those of its fields.
enum OrderEncoder {
    static func heartbeat(session: String) -> [UInt8] {
        var writer = WireWriter()
        writer.string(1, session)
        writer.message(4) { _ in }
        return writer.bytes
    }

    static func record(_ order: AgentOrder, session: String) -> [UInt8] {
        var writer = WireWriter()
        writer.string(1, session)
        switch order {
        case .subscribed(let agentID, let clusterID, let epoch, let silence, let unknownTasks):
            writer.message(2) { record in
                record.string(1, session)
                record.string(2, agentID)
                record.string(3, clusterID)
                record.varint(4, epoch)
                record.varint(5, UInt64(Kernel.linkProtocol))
                record.varint(6, Int(silence / 1_000_000))
                for task in unknownTasks {
                    record.message(7) {
                        $0.string(1, task.frameworkID)
                        $0.string(2, task.taskID)
                        $0.bool(3, task.isPartitionAware)
                    }
                }
            }
        case .rejected(let refusal):
            writer.message(3) {
                $0.string(1, refusal.description)
                $0.bool(2, refusal.isFinal)
            }
        case .launch(let frameworkID, let framework, let task, let launchesExecutor):
            writer.message(5) {
                $0.string(1, frameworkID)
                $0.bytes(2, framework)
                $0.bytes(3, task)
                $0.bool(4, launchesExecutor)
            }
        case .kill(let frameworkID, let taskID, let grace):
            writer.message(7) {
                $0.string(1, frameworkID)
                $0.string(2, taskID)
                if let grace { $0.varint(3, Int(grace)) }
            }
        case .acknowledge(let frameworkID, let taskID, let uuid):
            writer.message(8) {
                $0.string(1, frameworkID)
                $0.string(2, taskID)
                $0.bytes(3, uuid)
            }
        case .shutdownExecutor(let frameworkID, let executorID):
            writer.message(9) {
                $0.string(1, frameworkID)
                $0.string(2, executorID)
            }
        case .message(let frameworkID, let executorID, let data):
            writer.message(10) {
                $0.string(1, frameworkID)
                $0.string(2, executorID)
                $0.bytes(3, data)
            }
        case .shutdownFramework(let frameworkID):
            writer.message(11) { $0.string(1, frameworkID) }
        case .framework(let frameworkID, let info):
            writer.message(12) {
                $0.string(1, frameworkID)
                $0.bytes(2, info)
            }
        }
        return writer.bytes
    }
}
