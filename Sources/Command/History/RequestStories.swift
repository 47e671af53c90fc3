import BatchCore
import BatchServer
import JSON
import ServicesCore

extension Services.Request {
    /// "PATCH of app /shop: {"instances":3}, with force"
    var story: String {
        switch self {
        case .createApp(let body, let force, _): "POST of \(Self.app(body.update.id))" + Self.suffix(force)
        case .updateApp(let id, let body, let options, _):
            "\(Self.verb(options)) of app \(id)\(Self.text(body.json))" + Self.suffix(options.force)
        case .updateApps(let bodies, let options):
            "\(Self.verb(options)) of \(bodies.updates.count) apps: \(listed(bodies.updates.map { $0.id ?? "?" }))" + Self.suffix(options.force)
        case .deleteApp(let id, let force): "DELETE of app \(id)" + Self.suffix(force)
        case .restartApp(let id, let force): "restart of app \(id)" + Self.suffix(force)
        case .killTasks(let selection, let options): "DELETE of \(selection.story)\(options.story)"
        case .cancelDeployment(let id, let force): "DELETE of deployment \(id)" + Self.suffix(force)
        case .resetDelay(let id): "DELETE of the launch delay of app \(id)"
        case .createGroup(let id, _, let force): "POST of group \(id)" + Self.suffix(force)
        case .updateGroup(let id, let body, let force, let isDry):
            "PUT of group \(id)\(Self.text(body.json))" + (isDry ? ", dry" : "") + Self.suffix(force)
        case .enforceRole(let id, let body): "PATCH of group \(id)\(Self.text(body.json))"
        case .deleteGroup(let id, let force): "DELETE of group \(id)" + Self.suffix(force)
        }
    }

    private static func app(_ id: String?) -> String { id.map { "app \(appPath($0))" } ?? "an app without an id" }
    private static func suffix(_ force: Bool) -> String { force ? ", with force" : "" }
    private static func verb(_ options: Services.UpdateOptions) -> String { options.mustExist ? "PATCH" : "PUT" }

    /// A body that fits into a line.
    private static func text(_ json: [UInt8]) -> String {
        json.count <= 100 && !json.contains(where: { $0 < 0x20 }) ? ": " + String(decoding: json, as: UTF8.self) : ""
    }
}

extension Services.KillSelection {
    fileprivate var story: String {
        switch self {
        case .app(let id, let host): "all tasks of app \(id)" + (host.map { " on \($0)" } ?? "")
        case .task(let task, let id, let host): "task \(task) of app \(id)" + (host.map { " on \($0)" } ?? "")
        case .tasks(let tasks): tasks.count == 1 ? "task \(tasks[0])" : "\(tasks.count) tasks: \(listed(tasks))"
        }
    }
}

extension Services.KillOptions {
    fileprivate var story: String { (scale ? ", to scale down" : "") + (wipe ? ", to wipe" : "") + (force ? ", with force" : "") }
}

extension Refusal {
    /// As the API words it, with what is wrong where.
    var story: String {
        switch self {
        case .model(let rejection):
            let flaws = rejection.violations.map { "\($0.path): \($0.errors.joined(separator: ", "))" }
            return shortened(([rejection.message] + flaws).joined(separator: "; "), to: Narration.limit)
        case .locked(let deployments): return "\(reason) (\(listed(deployments)))"
        default: return reason
        }
    }
}

extension Batch.Request {
    /// "POST of job nightly"
    var story: String {
        switch self {
        case .put(let body, _, _, _):
            "POST of \(job(body.name))" + (body.parents.map { ", which waits for \(listed($0))" } ?? "")
        case .delete(let name): "DELETE of job \(name)"
        case .run(let name, let arguments):
            "PUT of job \(name), to run it now" + (arguments.map { " with the arguments \(shortened($0, to: 100))" } ?? "")
        case .start(let name, _): "POST of a run of job \(name)"
        case .markSuccess(let name): "PUT of job \(name), to mark it as successful"
        case .kill(let name): "DELETE of all tasks of job \(name)"
        case .flush: "DELETE of all runs that wait"
        case .progress(let name, let task, let elements): "POST of progress of job \(name): \(elements) elements by task \(task)"
        case .setDisabled(let name, let isDisabled): "PUT of job \(name), to \(isDisabled ? "pause" : "resume") it"
        case .metronome(let request, _): request.story
        }
    }
}

extension MetronomeRequest {
    fileprivate var story: String {
        switch self {
        case .create(let body): "POST of \(job(body.value["id"]?.string ?? ""))"
        case .update(let name, _, _): "PUT of job \(name)"
        case .delete(let name, let stopsRuns): "DELETE of job \(name)" + (stopsRuns ? ", with its runs" : "")
        case .createSchedule(let name, _): "POST of a schedule of job \(name)"
        case .updateSchedule(let name, let id, _): "PUT of schedule \(id) of job \(name)"
        case .deleteSchedule(let name, let id): "DELETE of schedule \(id) of job \(name)"
        case .run(let name): "POST of a run of job \(name)"
        case .stop(let name, let run): "stop of run \(run) of job \(name)"
        }
    }
}

extension Batch.Refusal {
    /// As the API words it.
    var story: String {
        switch self {
        case .noSchedule(let name, let id): "Job '\(name)' has no schedule '\(id)'"
        case .scheduleExists(let name, let id): "Job '\(name)' has the schedule '\(id)' already"
        default: shortened(reason, to: Narration.limit)
        }
    }
}

private func job(_ name: String) -> String { name.isEmpty ? "a job without a name" : "job \(name)" }

/// The first few, and how many there are.
private func listed(_ names: [String]) -> String {
    names.count <= 5 ? names.joined(separator: ", ") : names.prefix(5).joined(separator: ", ") + ", … (\(names.count))"
}
