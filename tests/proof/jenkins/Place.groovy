import java.util.concurrent.TimeUnit

/** A workspace on an agent, or in a container of one: a fresh clone and a fresh HOME; its processes end with it. */
class Place {
  final Build build
  final File home
  final String kind
  File folder

  Place(Build build, File folder, String kind) {
    this.build = build
    this.folder = folder
    this.kind = kind
    home = new File(build.situation.folder as String, "home-${build.counter++}")
    [folder, home]*.mkdirs()
  }

  /** The commit of this build, with all branches as origin's; what Jenkins then says of it. */
  Map checkOut() {
    def at = build.situation
    [['git', 'clone', '--quiet', at.project, folder.path], ['git', '-C', folder.path, 'checkout', '--quiet', at.commit]].each {
      def (code, printed) = process(it as List<String>, folder.parentFile)
      if (code) throw new Failed("${it.join(' ')}: ${printed}")
    }
    return [GIT_COMMIT: at.commit, GIT_URL: at.project] + (at.previous ? [GIT_PREVIOUS_SUCCESSFUL_COMMIT: at.previous] : [:])
  }

  List sh(String script) {
    def before = System.nanoTime()
    def answer = process(['sh', '-e', '-c', script], folder)
    build.note('sh', [script: script, code: answer[0], on: kind, milliseconds: (System.nanoTime() - before).intdiv(1000000)])
    return answer
  }

  def below(String path, Closure body) {
    def here = folder
    folder = new File(here, path)
    folder.mkdirs()
    try {
      return body.call()
    } finally {
      folder = here
    }
  }

  /** Exit code and what was printed; the log of the build gets the errors too. */
  private List process(List<String> command, File where) {
    def builder = new ProcessBuilder(command).directory(where)
    def env = builder.environment()
    env.clear()
    env.putAll(build.situation.machine)
    build.layers.each { layer -> layer.each { key, value -> env[key] = value as String } }
    env.HOME = home.path
    def complaints = new File(build.situation.folder as String, 'errors.log')
    builder.redirectError(ProcessBuilder.Redirect.appendTo(complaints)).redirectInput(new File('/dev/null'))
    def out = new File(home.parentFile, "${home.name}.out")
    builder.redirectOutput(out)
    def started = builder.start()
    if (!started.waitFor(build.situation.seconds ?: 600, TimeUnit.SECONDS)) {
      started.destroyForcibly()
      throw new Failed("timeout: ${command[-1]}")
    }
    def printed = out.getText('UTF-8')
    complaints << printed
    return [started.exitValue(), printed]
  }

  /** End every process that was started here: they all have the HOME of this place. */
  void leave() {
    new File('/proc').listFiles().findAll { it.name.isInteger() }.each {
      try {
        if (new File(it, 'environ').text.split('\0').contains("HOME=${home.path}".toString())) {
          ['kill', '-9', it.name].execute().waitFor()
        }
      } catch (IOException gone) {
        return
      }
    }
  }
}
