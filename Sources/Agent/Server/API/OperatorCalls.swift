import AgentCore
import Logging
import MesosAPI
import NIOHTTP1
import SwiftProtobuf
import Transport

/// `POST /api/v1`: the agent's versioned operator API.
/// Specified by Mesos 1.11 docs/operator-http-api.md ("Agent API").
struct OperatorCalls {
    let api: AgentAPI

    private typealias Operation = Mesos_V1_Agent_Call
    private typealias Response = Mesos_V1_Agent_Response

    func respond(to call: Call) async throws -> Reply {
        guard call.method == .POST else { return Replies.methodNotAllowed("POST", call) }
        guard let snapshot = await api.snapshot() else { return Replies.busy }
        guard !snapshot.rules.workFolder.isEmpty else { return Replies.recovering }
        guard let header = call.headers.first(name: "Content-Type") else { return Replies.badRequest("Expecting 'Content-Type' to be present") }
        guard let type = ContentType(leniently: header) else {
            return .text(.unsupportedMediaType, "Expecting 'Content-Type' of application/json or application/x-protobuf")
        }
        let bytes = try await call.body.collect()
        let message: Operation
        switch type {
        case .json:
            do {
                message = try Operation(mesosJSON: bytes)
            } catch {
                let text = error.isSyntax ? "Failed to parse body into JSON: \(error)" : "Failed to convert JSON into Call protobuf: \(error)"
                return Replies.badRequest(text)
            }
        case .protobuf:
            guard let parsed = try? Operation(serializedBytes: bytes) else { return Replies.badRequest("Failed to parse body into Call protobuf") }
            message = parsed
        }
        if let field = Self.missingField(of: message) {
            return Replies.badRequest("Failed to validate agent::Call: Expecting '\(field)' to be present")
        }
        guard let accepted = Negotiation.accepted(call.headers) else {
            return .text(.notAcceptable, "Expecting 'Accept' to allow application/json or application/x-protobuf")
        }
        do {
            guard let response = try await answer(message, snapshot) else {
                return .text(.notImplemented, "The call \(message.type.mesosName) is not supported by this agent")
            }
            return reply(response, accepted)
        } catch let refusal as FilesEndpoint.Refusal {
            return refusal.reply
        }
    }

    private static func missingField(of call: Operation) -> String? {
        guard call.hasType else { return "type" }
        switch call.type {
        case .getMetrics: return call.hasGetMetrics ? nil : "get_metrics"
        case .listFiles: return call.hasListFiles ? nil : "list_files"
        case .readFile: return call.hasReadFile ? nil : "read_file"
        case .setLoggingLevel: return call.hasSetLoggingLevel ? nil : "set_logging_level"
        default: return nil
        }
    }

    private func reply(_ response: Response, _ type: ContentType) -> Reply {
        switch type {
        case .json: return .json(.ok, response.mesosJSON())
        case .protobuf: return Reply(.ok, type.name, (try? response.serializedBytes(partial: true)) ?? [])
        }
    }

    /// nil: not supported.
    private func answer(_ call: Operation, _ snapshot: AgentSnapshot) async throws -> Response? {
        var response = Response()
        switch call.type {
        case .getHealth: (response.type, response.getHealth.healthy) = (.getHealth, true)
        case .getFlags: (response.type, response.getFlags.flags) = (.getFlags, flags())
        case .getVersion: (response.type, response.getVersion.versionInfo.version) = (.getVersion, Version.mesos)
        case .getMetrics: (response.type, response.getMetrics.metrics) = (.getMetrics, metrics(snapshot))
        case .getLoggingLevel: (response.type, response.getLoggingLevel.level) = (.getLoggingLevel, api.logger.logLevel < .info ? 1 : 0)
        case .listFiles:
            response.type = .listFiles
            response.listFiles.fileInfos = try await FilesEndpoint(api: api).list(call.listFiles.path, snapshot)
        case .readFile:
            response.type = .readFile
            let request = call.readFile
            let (size, data) = try await FilesEndpoint(api: api).part(
                request.path, offset: request.offset, length: request.hasLength ? request.length : nil, snapshot)
            response.readFile.size = UInt64(max(0, size))
            response.readFile.data = .init(wire: data)
        case .getState:
            response.type = .getState
            response.getState.getTasks = tasks(snapshot)
            response.getState.getExecutors = executors(snapshot)
            response.getState.getFrameworks = frameworks(snapshot)
        case .getContainers: (response.type, response.getContainers) = (.getContainers, await containers(snapshot))
        case .getFrameworks: (response.type, response.getFrameworks) = (.getFrameworks, frameworks(snapshot))
        case .getExecutors: (response.type, response.getExecutors) = (.getExecutors, executors(snapshot))
        case .getTasks: (response.type, response.getTasks) = (.getTasks, tasks(snapshot))
        case .getOperations: (response.type, response.getOperations) = (.getOperations, .init())
        case .getResourceProviders: (response.type, response.getResourceProviders) = (.getResourceProviders, .init())
        case .getAgent: (response.type, response.getAgent) = (.getAgent, agent(snapshot))
        default: return nil
        }
        return response
    }

    private func flags() -> [Mesos_V1_Flag] {
        FlagsReport(api.settings, api.ground).values.map { name, value in
            .with {
                $0.name = name
                $0.value = value
            }
        }
    }

    private func metrics(_ snapshot: AgentSnapshot) -> [Mesos_V1_Metric] {
        MetricsReport(snapshot, api).values.map { name, value in
            .with {
                $0.name = name
                $0.value = value
            }
        }
    }

    private func tasks(_ snapshot: AgentSnapshot) -> Response.GetTasks {
        var result = Response.GetTasks()
        for (phase, view) in snapshot.views {
            switch phase {
            case .preparing, .launching: result.queuedTasks.append(view.task)
            case .running, .recovering: result.launchedTasks.append(view.task)
            case .ended: result.terminatedTasks.append(view.task)
            }
        }
        for framework in snapshot.activeFrameworks + snapshot.completedFrameworks {
            result.completedTasks += framework.completed.compactMap { TaskView($0, of: framework)?.task }
        }
        return result
    }

    private func executors(_ snapshot: AgentSnapshot) -> Response.GetExecutors {
        var result = Response.GetExecutors()
        for (phase, view) in snapshot.views {
            let executor = Response.GetExecutors.Executor.with { $0.executorInfo = view.executorInfo }
            if phase == .ended { result.completedExecutors.append(executor) } else { result.executors.append(executor) }
        }
        for framework in snapshot.activeFrameworks + snapshot.completedFrameworks {
            for task in framework.completed {
                guard let view = TaskView(task, of: framework) else { continue }
                result.completedExecutors.append(.with { $0.executorInfo = view.executorInfo })
            }
        }
        return result
    }

    private func frameworks(_ snapshot: AgentSnapshot) -> Response.GetFrameworks {
        var result = Response.GetFrameworks()
        result.frameworks = snapshot.activeFrameworks.map { framework in .with { $0.frameworkInfo = snapshot.frameworkInfo(framework) } }
        result.completedFrameworks = snapshot.completedFrameworks.map { framework in .with { $0.frameworkInfo = snapshot.frameworkInfo(framework) } }
        return result
    }

    private func containers(_ snapshot: AgentSnapshot) async -> Response.GetContainers {
        var result = Response.GetContainers()
        for entry in await ContainersReport(api: api).entries(snapshot, where: { _ in true }) {
            var container = Response.GetContainers.Container()
            container.frameworkID.value = entry.task.frameworkID
            container.executorID = .with { $0.value = entry.task.info.taskID.value }
            container.executorName = entry.task.executorName
            container.containerID.value = entry.task.container
            if let status = entry.task.status?.containerStatus { container.containerStatus = status }
            if let statistics = entry.statistics { container.resourceStatistics = statistics }
            result.containers.append(container)
        }
        return result
    }

    private func agent(_ snapshot: AgentSnapshot) -> Response.GetAgent {
        var result = Response.GetAgent()
        result.agentInfo = (try? Mesos_V1_AgentInfo(serializedBytes: snapshot.rules.agentInfo, partial: true)) ?? .init()
        if let id = snapshot.agentID { result.agentInfo.id.value = id }
        if let drain = snapshot.drain, let config = try? Mesos_V1_DrainConfig(serializedBytes: drain.config, partial: true) {
            result.drainConfig = config
        }
        return result
    }
}
