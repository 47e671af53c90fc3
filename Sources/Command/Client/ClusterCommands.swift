import ArgumentParser
import JSON
import NIOHTTP1

struct TaskCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "task", abstract: "The tasks of all apps.", subcommands: [List.self, Kill.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the tasks of all apps.")
        @OptionGroup var cluster: ClusterOptions

        func run() async throws {
            try await ClusterClient.run(cluster) { client in
                let answer = try await client.send(.GET, "\(client.services)/v2/tasks")
                cluster.json ? printJSON(answer) : say(AppText.tasks(answer["tasks"]?.array ?? []))
            }
        }
    }

    struct Kill: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Kill tasks; each is replaced, unless --scale.")
        @Argument(help: "Ids of tasks.") var ids: [String]
        @Flag(help: "Lower the app's instances by those killed.") var scale = false
        @OptionGroup var cluster: ClusterOptions

        func run() async throws {
            try await ClusterClient.run(cluster) { client in
                let body: JSONValue = ["ids": .array(ids.map { .string($0) })]
                let answer = try await client.send(.POST, "\(client.services)/v2/tasks/delete?scale=\(scale)", body.bytes)
                if cluster.json { return printJSON(answer) }
                let killed = (answer["tasks"]?.array ?? []).compactMap { $0["id"]?.string }
                let unknown = scale ? [] : ids.filter { !killed.contains($0) }
                for id in scale ? ids : killed { say("killed \(id)") }
                if !unknown.isEmpty { throw ClientError("no such task: \(unknown.joined(separator: ", "))") }
            }
        }
    }
}

struct NodeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "node", abstract: "The machines of the cluster.", subcommands: [List.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the agents and how much of each is in use.")
        @OptionGroup var cluster: ClusterOptions

        func run() async throws {
            try await ClusterClient.run(cluster) { client in
                let answer = try await client.send(.GET, "\(client.master)/slaves")
                if cluster.json { return printJSON(answer) }
                var table = TextTable("NODE", "STATE", "CPUS", "MEM", "DISK", "ID")
                for node in answer["slaves"]?.array ?? [] {
                    func use(_ name: String) -> String {
                        "\(quantity(node["used_resources"]?[name]))/\(quantity(node["resources"]?[name]))"
                    }
                    table.add(
                        node["hostname"]?.string ?? "", node["active"]?.bool == true ? "active" : "inactive", use("cpus"), use("mem"), use("disk"),
                        node["id"]?.string ?? "")
                }
                say(table.text(empty: "No nodes."))
            }
        }
    }
}

struct FrameworkCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "framework", abstract: "The schedulers that share the cluster.", subcommands: [List.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the frameworks and what each of them uses.")
        @OptionGroup var cluster: ClusterOptions

        func run() async throws {
            try await ClusterClient.run(cluster) { client in
                let answer = try await client.send(.GET, "\(client.master)/frameworks")
                if cluster.json { return printJSON(answer) }
                var table = TextTable("NAME", "STATE", "TASKS", "CPUS", "MEM", "ROLES", "ID")
                for framework in answer["frameworks"]?.array ?? [] {
                    let state = framework["active"]?.bool == true ? "active" : framework["connected"]?.bool == true ? "inactive" : "disconnected"
                    let roles = framework["roles"]?.array?.compactMap(\.string) ?? [framework["role"]?.string ?? "*"]
                    table.add(
                        framework["name"]?.string ?? "", state, "\(framework["tasks"]?.array?.count ?? 0)",
                        quantity(framework["used_resources"]?["cpus"]), quantity(framework["used_resources"]?["mem"]),
                        roles.joined(separator: ","), framework["id"]?.string ?? "")
                }
                say(table.text(empty: "No frameworks."))
            }
        }
    }
}

struct OfferCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "offer", abstract: "The resources that are on offer right now.", subcommands: [List.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the outstanding offers.")
        @OptionGroup var cluster: ClusterOptions

        func run() async throws {
            try await ClusterClient.run(cluster) { client in
                let answer = try await client.send(.GET, "\(client.master)/frameworks")
                let slaves = try await client.send(.GET, "\(client.master)/slaves")["slaves"]?.array ?? []
                var offers: [JSONValue] = []
                var table = TextTable("OFFER", "FRAMEWORK", "NODE", "CPUS", "MEM", "PORTS")
                for framework in answer["frameworks"]?.array ?? [] {
                    for offer in framework["offers"]?.array ?? [] {
                        offers.append(offer)
                        let node = slaves.first { $0["id"] == offer["slave_id"] }
                        table.add(
                            offer["id"]?.string ?? "", framework["name"]?.string ?? "", node?["hostname"]?.string ?? offer["slave_id"]?.string ?? "",
                            quantity(offer["resources"]?["cpus"]), quantity(offer["resources"]?["mem"]), offer["resources"]?["ports"]?.string ?? "-")
                    }
                }
                cluster.json ? printJSON(["offers": .array(offers)]) : say(table.text(empty: "No offers are outstanding."))
            }
        }
    }
}
