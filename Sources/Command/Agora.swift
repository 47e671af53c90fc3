import ArgumentParser

@main
struct Agora: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agora",
        abstract: "A datacenter kernel: run services and jobs on many machines, beside any framework that speaks Mesos's HTTP API.",
        version: AgoraVersion.text,
        groupedSubcommands: [
            CommandGroup(
                name: "Run a cluster", subcommands: [Up.self, MasterCommand.self, AgentCommand.self, ServicesCommand.self, BatchCommand.self]),
            CommandGroup(name: "Understand what happened", subcommands: [ExplainCommand.self, EventsCommand.self, ReplayCommand.self]),
            CommandGroup(
                name: "Use a cluster",
                subcommands: [AppCommand.self, JobCommand.self, TaskCommand.self, NodeCommand.self, FrameworkCommand.self, OfferCommand.self])
        ])

    static func main() async {
        StandardStreams.fillGaps()
        await main(withNegativeCount(Array(CommandLine.arguments.dropFirst())))
    }

    /// For the parser a negative number is an unknown option, and that it is would be all that it says.
    static func withNegativeCount(_ arguments: [String]) -> [String] {
        guard arguments.starts(with: ["app", "scale"]), !arguments.contains("--"),
            let place = arguments.firstIndex(where: { Int($0).map { $0 < 0 } ?? false })
        else { return arguments }
        var others = arguments
        let count = others.remove(at: place)
        return others + ["--", count]
    }
}

enum AgoraVersion {
    /// Of Agora itself. What the APIs report as `version` is the version of Mesos or Marathon that they are compatible with.
    static let text = "0.1.0"
}
