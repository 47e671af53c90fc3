import AgentCore
import NIOHTTP1
import Runtime
import Transport

/// The agent's HTTP API.
final class AgentAPI: Responder {
    private let settings: AgentSettings
    private let ground: Ground
    private let crew: Crew
    private let loop: Loop<Agent>

    init(_ settings: AgentSettings, _ ground: Ground, crew: Crew, loop: Loop<Agent>) {
        self.settings = settings
        self.ground = ground
        self.crew = crew
        self.loop = loop
    }

    func respond(to call: Call) async throws -> Reply {
        switch call.segments.first {
        case "health": Reply(status: .ok)
        default: .text(.notFound, "404 Not Found.")
        }
    }
}
