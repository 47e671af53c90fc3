import ArgumentParser
import JSON
import NIOHTTP1

struct AppCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "app", abstract: "Long-running apps.",
        subcommands: [
            Create.self, Update.self, List.self, Show.self, Scale.self, Restart.self, Stop.self, Delete.self, AppLogs.self, Explain.self,
            Versions.self
        ])

    /// How a change waits for its deployment.
    struct Change: ParsableArguments {
        @Flag(help: "Override a running deployment of the same app.")
        var force = false

        @Flag(help: "Return at once, without watching the deployment.")
        var detach = false

        @Option(help: ArgumentHelp("Give up watching after so many seconds; the deployment goes on.", valueName: "seconds"))
        var timeout = 600
    }

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Create an app from a JSON file, or from standard input (-).")
        @Argument(help: "A file with the app's definition; - is standard input.") var file: String
        @OptionGroup var change: Change
        @OptionGroup var cluster: ClusterOptions

        func run() async throws {
            try await ClusterClient.run(cluster) { client in
                let app = try await client.send(.POST, "\(client.services)/v2/apps\(change.force ? "?force=true" : "")", readDefinition(file))
                if cluster.json { printJSON(app) }
                let deployment = app["deployments"]?.array?.first?["id"]?.string
                try await client.watch(deployment, of: [app["id"]?.string ?? ""], change, quiet: cluster.json)
            }
        }
    }

    struct Update: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Change an app to what a JSON file says, or standard input (-).",
            discussion: "The file names the app by its id. Members that it lacks stay as they are; an app that isn't there is created.")
        @Argument(help: "A file with members of the app's definition; - is standard input.") var file: String
        @OptionGroup var change: Change
        @OptionGroup var cluster: ClusterOptions

        func run() async throws {
            try await ClusterClient.run(cluster) { client in
                let definition = try readJSON(file)
                guard let id = definition["id"]?.string else { throw ClientError("\(file) has no \"id\"") }
                try await client.change(.PUT, id, "", definition, change, json: cluster.json)
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List all apps.")
        @OptionGroup var cluster: ClusterOptions

        func run() async throws {
            try await ClusterClient.run(cluster) { client in
                let answer = try await client.send(.GET, "\(client.services)/v2/apps")
                cluster.json ? printJSON(answer) : say(AppText.list(answer["apps"]?.array ?? []))
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show an app and its tasks.")
        @Argument var id: String
        @OptionGroup var cluster: ClusterOptions

        func run() async throws {
            try await ClusterClient.run(cluster) { client in
                let answer = try await client.send(.GET, try client.app(id))
                // Below an app there is more than apps: its tasks, its versions.
                guard let app = answer["app"] else { throw ClientError("App '\(appPath(id))' does not exist") }
                cluster.json ? printJSON(answer) : say(AppText.details(app))
            }
        }
    }

    struct Scale: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Change how many instances run.")
        @Argument var id: String
        @Argument var instances: Int
        @OptionGroup var change: Change
        @OptionGroup var cluster: ClusterOptions

        func validate() throws {
            if instances < 0 { throw ValidationError("instances must be at least 0") }
        }

        func run() async throws {
            try await ClusterClient.run(cluster) { client in
                try await client.change(.PATCH, id, "", ["instances": .integer(Int64(instances))], change, json: cluster.json)
            }
        }
    }

    struct Restart: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Replace all instances, within the app's upgrade strategy.")
        @Argument var id: String
        @OptionGroup var change: Change
        @OptionGroup var cluster: ClusterOptions

        func run() async throws {
            try await ClusterClient.run(cluster) { client in
                try await client.change(.POST, id, "/restart", nil, change, json: cluster.json)
            }
        }
    }

    struct Stop: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Scale to none; the definition stays.")
        @Argument var id: String
        @OptionGroup var change: Change
        @OptionGroup var cluster: ClusterOptions

        func run() async throws {
            try await ClusterClient.run(cluster) { client in
                try await client.change(.PATCH, id, "", ["instances": 0], change, json: cluster.json)
            }
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Kill all instances and forget the app.")
        @Argument var id: String
        @OptionGroup var change: Change
        @OptionGroup var cluster: ClusterOptions

        func run() async throws {
            try await ClusterClient.run(cluster) { client in
                // As in Marathon, whose DELETE overrides a running deployment unless told otherwise.
                var change = change
                change.force = true
                try await client.change(.DELETE, id, "", nil, change, json: cluster.json)
            }
        }
    }

    struct Versions: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the stored versions of an app, newest first.")
        @Argument var id: String
        @OptionGroup var cluster: ClusterOptions

        func run() async throws {
            try await ClusterClient.run(cluster) { client in
                let answer = try await client.send(.GET, try client.app(id) + "/versions")
                if cluster.json { return printJSON(answer) }
                for version in answer["versions"]?.array ?? [] { say(version.string ?? "") }
            }
        }
    }

    struct Explain: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Say why an app is not fully running, and what would help.")
        @Argument var id: String
        @OptionGroup var cluster: ClusterOptions

        func run() async throws {
            try await ClusterClient.run(cluster) { client in try await client.explain(id, json: cluster.json) }
        }
    }
}

extension ClusterClient {
    /// Where an app is.
    /// - Throws: `ClientError` for what can be no app's id, but means all apps to the API.
    func app(_ id: String) throws -> String {
        guard id.contains(where: { $0 != "/" }), !id.contains("*") else { throw ClientError("'\(id)' is no app's id") }
        return "\(services)/v2/apps\(urlEscaped(appPath(id)))"
    }

    /// Sends a change of one app and watches its deployment.
    func change(_ method: HTTPMethod, _ id: String, _ suffix: String, _ body: JSONValue?, _ options: AppCommand.Change, json: Bool) async throws {
        let url = try app(id) + suffix + "?force=\(options.force)"
        let answer = try await send(method, url, body?.bytes ?? [])
        if json { printJSON(answer) }
        try await watch(answer["deploymentId"]?.string, of: [appPath(id)], options, quiet: json)
    }

    func explain(_ id: String, json: Bool) async throws {
        let answer = try await send(.GET, try app(id) + "/explain")
        if json { return printJSON(answer) }
        for line in answer["lines"]?.array ?? [] { say(line.string ?? "") }
    }
}
