import ArgumentParser

/// `agora explain NAME`: the short form of `agora app explain`; `agora explain job NAME`: of `agora job explain`; `agora explain task ID`: the story of
/// a task.
struct ExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Say why an app is not fully running, why a job doesn't run, or what happened to a task.",
        usage: "agora explain NAME [options]\n       agora explain job NAME [options]\n       agora explain task ID [options]",
        discussion: """
            An app's answer comes from services, a job's from batch; they say what would help. A task's story comes from the recordings of this machine's servers: \
            who wanted what, what was decided, and what became of it.
            """)

    @Argument(help: "An app's id; or the word job and a job's name, or the word task and a task's id.") var words: [String]
    @Option(help: "For a task: the --work-dir of `agora up`, or of one server, on this machine.")
    var workDir = Environment.text("WORK_DIR", "~/.agora")
    @OptionGroup var cluster: ClusterOptions

    func validate() throws {
        let isKind = words.first.map { ["job", "task"].contains($0) } ?? false
        if isKind, words.count == 1 { throw ValidationError("Name the \(words[0]): agora explain \(words[0]) \(words[0] == "job" ? "NAME" : "ID")") }
        guard words.count == (isKind ? 2 : 1) else { throw ValidationError("Name an app, or a job or a task as in: agora explain task ID") }
    }

    func run() async throws {
        guard words.count == 2 else {
            return try await ClusterClient.run(cluster) { client in try await client.explain(words[0], json: cluster.json) }
        }
        if words[0] == "job" {
            return try await ClusterClient.run(cluster) { client in try await client.explainJob(words[1], json: cluster.json) }
        }
        do {
            var options = HistoryOptions.parseOrExit([])
            options.workDir = workDir
            options.json = cluster.json
            let story = try options.read().story(of: words[1])
            if story.isEmpty { throw ClientError("nothing is recorded of a task '\(words[1])' below \(workDir)") }
            options.show(story)
        } catch {
            fail("\(error)")
        }
    }
}
