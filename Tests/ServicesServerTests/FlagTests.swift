import Foundation
import FrameworkServer
import Testing

@testable import ServicesServer

/// Marathon's flags and variables.
struct FlagTests {
    private func settings(_ arguments: String..., environment: [String: String] = [:]) throws -> ServicesSettings {
        var settings = ServicesSettings()
        try ServicesSettings.flags.apply(environment: environment, to: &settings)
        try ServicesSettings.flags.apply(arguments, to: &settings)
        return settings
    }

    @Test func `flags are taken in snake case and with dashes, with their value behind them or in them`() throws {
        #expect(try settings("--max_running_deployments", "7").maxRunningDeployments == 7)
        #expect(try settings("--max-running-deployments", "7").maxRunningDeployments == 7)
        #expect(try settings("--max_running_deployments=7").maxRunningDeployments == 7)
        #expect(try settings("--http_credentials=user:a=b").httpCredentials == "user:a=b")
        let several = try settings(
            "--mesos_role", "web", "--framework_name", "m", "--failover_timeout", "60", "--http_port", "8081", "--http_address", "0.0.0.0",
            "--task_launch_timeout", "1000", "--decline_offer_duration", "5000", "--max_instances_per_offer", "5",
            "--http_max_concurrent_requests", "9", "--zk_max_versions", "3")
        #expect(several.mesosRole == "web" && several.frameworkName == "m" && several.failoverTimeout == 60)
        #expect(several.port == 8081 && several.ip == "0.0.0.0" && several.taskLaunchTimeout == 1000)
        #expect(several.declineOfferDuration == 5000 && several.maxInstancesPerOffer == 5 && several.httpMaxConcurrentRequests == 9)
        #expect(several.maxVersions == 3)
    }

    @Test func `lists are separated by commas, what is on can be turned off`() throws {
        let listed = try settings("--enable_features", "vips, task_killing", "--access_control_allow_origin", "http://a,http://b")
        #expect(listed.features == ["vips", "task_killing"])
        #expect(listed.accessControlAllowOrigin == ["http://a", "http://b"])
        #expect(try !settings("--disable_checkpoint", "--disable-http-compression").checkpoint)
        #expect(try !settings("--disable-http-compression").httpCompression)
        #expect(try settings("--disable_checkpoint", "--checkpoint").checkpoint)
        #expect(try !settings("--checkpoint=false").checkpoint)
        #expect(try settings("--in-memory").isInMemory)
    }

    @Test func `old command lines go on to work`() throws {
        let taken = try settings(
            "--zk", "zk://localhost:2181/marathon", "--disable_ha", "--ha", "--launch_tokens", "5", "--zk_timeout", "1", "--disable_store_cache",
            "--scale_apps_interval", "1", "--mesos_authentication", "--disable_zk_compression", "--new_group_enforce_role", "off")
        #expect(taken.launchTokens == 5)
    }

    @Test(arguments: [
        (["--nonsense"], "unknown option '--nonsense'"), (["x"], "unexpected argument 'x'"), (["--mesos_role"], "--mesos_role needs a value"),
        (["--max_running_deployments", "many"], "--max_running_deployments must be a whole number from 0 to 2147483647, not 'many'"),
        (["--max-running-deployments", "-1"], "--max_running_deployments must be a whole number from 0 to 2147483647, not '-1'"),
        (["--disable_mesos_role", "x"], "unknown option '--disable_mesos_role'"),
        (["--disable_http"], "--disable_http: there is nothing else than HTTP"),
        (["--checkpoint=no"], "--checkpoint must be true or false, not 'no'"), (["--plugin_dir", "x"], "--plugin_dir: plugins are not served"),
        (["--new_group_enforce_role", "top"], "--new_group_enforce_role top is not served yet: only off is"),
        (["--mesos_authentication_secret_file", "/nowhere/x"], "--mesos_authentication_secret_file: /nowhere/x can't be read")
    ])
    func `what can't be used is named`(_ arguments: [String], _ text: String) {
        var settings = ServicesSettings()
        let error = #expect(throws: SettingsError.self) { try ServicesSettings.flags.apply(arguments, to: &settings) }
        #expect(error?.description == text)
    }

    @Test func `variables are taken, a flag stands above its own`() throws {
        let environment = [
            "MARATHON_MESOS_ROLE": "web", "MARATHON_CHECKPOINT": "false", "MARATHON_APP_ID": "/x", "MESOSPHERE_HTTP_CREDENTIALS": "u:p"
        ]
        let taken = try settings("--mesos_role", "db", environment: environment)
        #expect(taken.mesosRole == "db" && !taken.checkpoint && taken.httpCredentials == "u:p")
        var settings = ServicesSettings()
        let error = #expect(throws: SettingsError.self) {
            try ServicesSettings.flags.apply(environment: ["MARATHON_LOCAL_PORT_MIN": "x"], to: &settings)
        }
        #expect(error?.description.hasPrefix("MARATHON_LOCAL_PORT_MIN: ") == true)
    }

    @Test func `a secret may lie in a file`() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("secret-\(UUID())").path
        try "s3cret\n".write(toFile: path, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: path) }
        #expect(try settings("--mesos_authentication_secret_file", path).secret == "s3cret")
    }

    @Test func `the help shows each flag once, in lines that fit`() {
        let lines = ServicesSettings.flags.help.split(separator: "\n", omittingEmptySubsequences: false)
        for line in lines { #expect(line.utf8.count <= 80, "\(line)") }
        for section in ServicesSettings.flags.sections { #expect(lines.contains("\(section.title.uppercased()):")) }
        #expect(ServicesSettings.flags.help.contains("  --max_running_deployments <n>"))
        #expect(!ServicesSettings.flags.help.contains("launch_tokens"))
        #expect(Set(ServicesSettings.flags.flags.map(\.name)).count == ServicesSettings.flags.flags.count)
    }
}
