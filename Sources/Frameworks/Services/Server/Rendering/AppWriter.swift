import FrameworkCore
import JSON
import ServicesCore
import Transport

/// What an answer shows of apps beside their definitions. Specified by Marathon 1.11 docs/rest-api (`embed`).
struct AppEmbed: OptionSet, Sendable {
    let rawValue: Int

    static let tasks = AppEmbed(rawValue: 1)
    static let counts = AppEmbed(rawValue: 2)
    static let deployments = AppEmbed(rawValue: 4)
    static let readiness = AppEmbed(rawValue: 8)
    static let lastTaskFailure = AppEmbed(rawValue: 16)
    static let taskStats = AppEmbed(rawValue: 32)

    init(rawValue: Int) { self.rawValue = rawValue }

    /// The `embed` words of a query, with any of the prefixes that clients put before them; unknown ones are left out.
    init(_ query: Query) { self.init(words: query.all("embed")) }

    init(words: [String]) {
        self = []
        for word in words {
            let prefixes = ["group.apps.", "apps.", "app."]
            let prefix = prefixes.first { word.hasPrefix($0) } ?? ""
            switch word.dropFirst(prefix.count) {
            case "tasks": formUnion([.tasks, .deployments])
            case "counts": insert(.counts)
            case "deployments": insert(.deployments)
            case "readiness": insert(.readiness)
            case "lastTaskFailure": insert(.lastTaskFailure)
            case "failures": formUnion([.tasks, .lastTaskFailure, .deployments])
            case "taskStats": insert(.taskStats)
            default: break
            }
        }
    }
}

/// Writes an app with what belongs to it.
struct AppWriter {
    let services: Services
    let embed: AppEmbed
    /// What ages are counted to.
    let now: Timestamp

    func write(_ app: App, into writer: inout JSONWriter) {
        guard let definition = app.definition?.app else { return writer.null() }
        let instances = services.launched(app)
        definition.write(into: &writer) { writer in
            if embed.contains(.counts) { Self.write(TaskCounts(instances), into: &writer) }
            if embed.contains(.deployments) { Self.write(deployments: app.deploymentIDs, into: &writer) }
            if embed.contains(.readiness) {
                writer.key(verbatim: "readinessCheckResults")
                writer.array(services.readinessResults(of: app.id)) { DeploymentWriter.write($1, into: &$0) }
            }
            if embed.contains(.tasks) {
                writer.key(verbatim: "tasks")
                writer.array(instances) { TaskWriter.write($1, into: &$0) }
            }
            if embed.contains(.lastTaskFailure), let failure = app.lastFailure {
                writer.key(verbatim: "lastTaskFailure")
                TaskWriter.write(failure, into: &writer)
            }
            if embed.contains(.taskStats) {
                writer.key(verbatim: "tasksStats")
                Self.write(TaskStatistics(definition, instances, at: now), into: &writer)
            }
        }
    }

    /// The answer to the creation of an app.
    static func writeNew(_ app: AppDefinition, deployment: String, into writer: inout JSONWriter) {
        app.write(into: &writer) { writer in
            write(TaskCounts([]), into: &writer)
            write(deployments: [deployment], into: &writer)
        }
    }

    private static func write(_ counts: TaskCounts, into writer: inout JSONWriter) {
        writer.member("tasksStaged", counts.staged)
        writer.member("tasksRunning", counts.running)
        writer.member("tasksHealthy", counts.healthy)
        writer.member("tasksUnhealthy", counts.unhealthy)
    }

    private static func write(deployments: [String], into writer: inout JSONWriter) {
        writer.key(verbatim: "deployments")
        writer.array(deployments) { writer, id in
            writer.beginObject()
            writer.member("id", id)
            writer.endObject()
        }
    }

    private static func write(_ statistics: TaskStatistics, into writer: inout JSONWriter) {
        writer.beginObject()
        for group in statistics.groups {
            writer.key(group.name)
            writer.beginObject()
            writer.key(verbatim: "stats")
            writer.beginObject()
            writer.key(verbatim: "counts")
            writer.beginObject()
            writer.member("staged", group.counts.staged)
            writer.member("running", group.counts.running)
            writer.member("healthy", group.counts.healthy)
            writer.member("unhealthy", group.counts.unhealthy)
            writer.endObject()
            if let average = group.averageLifeTime, let median = group.medianLifeTime {
                writer.key(verbatim: "lifeTime")
                writer.beginObject()
                writer.key(verbatim: "averageSeconds")
                writer.number(average)
                writer.key(verbatim: "medianSeconds")
                writer.number(median)
                writer.endObject()
            }
            writer.endObject()
            writer.endObject()
        }
        writer.endObject()
    }
}
