package import Machine
import Resources

extension Kernel.Input: Recordable {
    package func record(into writer: inout RecordingWriter) {
        switch self {
        case .started(let start):
            writer.put(0 as UInt64)
            writer.put(start)
        case .wake:
            writer.put(1 as UInt64)
        case .subscribed(let stream, let streamID, let call, let origin):
            writer.put(2 as UInt64)
            writer.put(stream)
            writer.put(streamID)
            writer.put(call.bytes)
            writer.put(origin)
        case .called(let question, let streamID, let call, let origin):
            writer.put(3 as UInt64)
            writer.put(question)
            writer.put(streamID)
            writer.put(call.bytes)
            writer.put(origin)
        case .streamEnded(let stream):
            writer.put(4 as UInt64)
            writer.put(stream)
        case .agentSubscribed(let link, let subscription, let origin):
            writer.put(5 as UInt64)
            writer.put(link)
            writer.put(subscription.bytes)
            writer.put(origin)
        case .agentReported(let link, let report):
            writer.put(6 as UInt64)
            writer.put(link)
            writer.put(report.bytes)
        case .linkEnded(let link, let isSilent):
            writer.put(7 as UInt64)
            writer.put(link)
            writer.put(isSilent)
        case .operatorCalled(let question, .teardown(let frameworkID), let origin):
            writer.put(8 as UInt64)
            writer.put(question)
            writer.put(frameworkID)
            writer.put(origin)
        case .observerSubscribed(let stream, let origin):
            writer.put(9 as UInt64)
            writer.put(stream)
            writer.put(origin)
        case .observerEnded(let stream):
            writer.put(10 as UInt64)
            writer.put(stream)
        }
    }

    package init(from reader: inout RecordingReader) throws(RecordingError) {
        switch try reader.uint64() {
        case 0: self = .started(try Kernel.Start(from: &reader))
        case 1: self = .wake
        case 2:
            let (stream, streamID) = (try reader.uint64(), try reader.string())
            self = .subscribed(stream: stream, streamID: streamID, try Self.call(&reader), try reader.origin())
        case 3:
            let (question, streamID) = (try reader.uint64(), try reader.optionalString())
            self = .called(question: question, streamID: streamID, try Self.call(&reader), try reader.origin())
        case 4: self = .streamEnded(try reader.uint64())
        case 5:
            let (link, bytes) = (try reader.uint64(), try reader.data())
            guard let subscription = try? AgentSubscription(bytes: bytes) else { throw .invalid("no subscription of an agent") }
            self = .agentSubscribed(link: link, subscription, try reader.origin())
        case 6:
            let (link, bytes) = (try reader.uint64(), try reader.data())
            guard let report = try? AgentReport.parse(bytes).report else { throw .invalid("no report of an agent") }
            self = .agentReported(link: link, report)
        case 7: self = .linkEnded(link: try reader.uint64(), isSilent: try reader.bool())
        case 8:
            let question = try reader.uint64()
            self = .operatorCalled(question: question, .teardown(frameworkID: try reader.string()), try reader.origin())
        case 9: self = .observerSubscribed(stream: try reader.uint64(), try reader.origin())
        case 10: self = .observerEnded(stream: try reader.uint64())
        default: throw .invalid("no input of a master")
        }
    }

    private static func call(_ reader: inout RecordingReader) throws(RecordingError) -> SchedulerCall {
        let bytes = try reader.data()
        guard let call = try? SchedulerCall(bytes: bytes) else { throw .invalid("no call of a framework") }
        return call
    }
}

extension Kernel.Start: Recordable {
    package func record(into writer: inout RecordingWriter) {
        writer.put(masterID)
        writer.put(newClusterID)
        writer.put(settings)
        writer.put(stored) { writer, entry in
            writer.put(entry.table)
            writer.put(entry.key)
            writer.put(entry.value)
        }
    }

    package init(from reader: inout RecordingReader) throws(RecordingError) {
        self.init(masterID: try reader.string(), newClusterID: try reader.string(), settings: try Kernel.Settings(from: &reader))
        stored = try reader.array { reader throws(RecordingError) in
            Kernel.StoredEntry(table: try reader.string(), key: try reader.string(), value: try reader.data())
        }
    }
}

extension Kernel.Settings: Recordable {
    package func record(into writer: inout RecordingWriter) {
        for value in [heartbeatInterval, agentTimeout, agentSilence, agentReregisterTimeout, offerHoldLimit, offerTimeout, filterFloor] {
            writer.put(value)
        }
        for value in [completedFrameworks, completedTasksPerFramework, unreachableTasksPerFramework, lostAgents, observers] { writer.put(value) }
        writer.put(allowsRoot)
        writer.put(roles) { writer, roles in writer.put(roles) { $0.put($1) } }
        writer.put(weights) { writer, weight in
            writer.put(weight.role)
            writer.put(weight.weight)
        }
        writer.put(minimum) { writer, quantities in
            var amounts: [(String, Int64)] = []
            quantities.forEach { amounts.append(($0, $1.thousandths)) }
            writer.put(amounts) { writer, amount in
                writer.put(amount.0)
                writer.put(amount.1)
            }
        }
        writer.put(excludedNames) { $0.put($1) }
        writer.put(filtersGPUs)
        writer.put(region)
        writer.put(agentRemovalPause)
    }

    package init(from reader: inout RecordingReader) throws(RecordingError) {
        self.init()
        heartbeatInterval = try reader.int64()
        agentTimeout = try reader.int64()
        agentSilence = try reader.int64()
        agentReregisterTimeout = try reader.int64()
        offerHoldLimit = try reader.int64()
        offerTimeout = try reader.int64()
        filterFloor = try reader.int64()
        completedFrameworks = try reader.int()
        completedTasksPerFramework = try reader.int()
        unreachableTasksPerFramework = try reader.int()
        lostAgents = try reader.int()
        observers = try reader.int()
        allowsRoot = try reader.bool()
        roles = try reader.optional { reader throws(RecordingError) in try Self.texts(&reader) }
        weights = try reader.array { reader throws(RecordingError) in
            Kernel.RoleWeight(role: try reader.string(), weight: try reader.uint64())
        }
        minimum = try reader.array { reader throws(RecordingError) in
            Quantities(
                try reader.array { reader throws(RecordingError) in (try reader.string(), Scalar(thousandths: try reader.int64())) })
        }
        excludedNames = try Self.texts(&reader)
        filtersGPUs = try reader.bool()
        region = try reader.optionalString()
        agentRemovalPause = try reader.int64()
    }

    private static func texts(_ reader: inout RecordingReader) throws(RecordingError) -> [String] {
        try reader.array { reader throws(RecordingError) in try reader.string() }
    }
}
