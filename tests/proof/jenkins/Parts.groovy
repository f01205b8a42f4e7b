/** The script of a Jenkinsfile: its own functions, and all steps. */
abstract class PipelineScript extends Script {
  Steps steps

  def methodMissing(String name, Object args) { steps.call(name, args as List) }

  def propertyMissing(String name) { steps.build.global(name) }
}

class Env {
  private final Build build

  Env(Build build) { this.build = build }

  Object getProperty(String name) { this.@build.variable(name) }

  void setProperty(String name, Object value) { this.@build.layers[0][name] = value as String }
}

class Docker {
  final Build build

  Docker(Build build) { this.build = build }

  Image image(String name) { new Image(build: build, name: name) }
}

class Image {
  Build build
  String name

  def inside(String args = '', Closure body) { build.inContainer(name, args, build.place) { build.run(body) } }
}

/** What a block of assignments sets; earlier ones are seen by later ones. */
class Assignments {
  Build build
  Map found

  Object getProperty(String name) {
    def set = this.@found
    return set.containsKey(name) ? set[name] : this.@build.global(name)
  }

  void setProperty(String name, Object value) {
    Map set = this.@found
    if (value instanceof Map) { // credentials
      def secret = this.@build.situation.credentials[value.id]
      set.putAll([(name + '_USR'): secret.user, (name + '_PSW'): secret.password])
      set.put(name, secret.content ?: "${secret.user}:${secret.password}" as String)
    } else {
      set.put(name, value as String)
    }
  }

  Object invokeMethod(String name, Object args) { this.@build.script.invokeMethod(name, args) }
}

/** A condition of `when`. */
class Condition {
  final Build build
  final Entry of

  Condition(Build build, Entry of) {
    this.build = build
    this.of = of
  }

  boolean holds() {
    def at = build.situation
    def word = of.values ? of.values[0] : null
    def children = of.name in ['allOf', 'anyOf', 'not'] ? Recorder.of(of.block, build.&global).collect { new Condition(build, it) } : []
    switch (of.name) {
      case 'allOf': return children.every { it.holds() }
      case 'anyOf': return children.any { it.holds() }
      case 'not': return !children[0].holds()
      case 'expression': return build.run(of.block)
      case 'branch': return matches(word, build.variable('BRANCH_NAME')) && !build.variable('CHANGE_ID')
      case 'tag': return matches(word, build.variable('TAG_NAME'))
      case 'buildingTag': return build.variable('TAG_NAME')
      case 'changeRequest': return build.variable('CHANGE_ID') && (!word?.target || matches(word.target, build.variable('CHANGE_TARGET')))
      case 'triggeredBy': return at.cause == word
      case 'environment': return build.variable(word.name) == word.value
      case 'equals': return word.expected == word.actual
      case 'changeset': return (at.changeset ?: []).any { matches(word, it) }
      default: throw new Invalid("no such condition here: ${of.name}")
    }
  }

  private static boolean matches(pattern, String text) {
    def glob = pattern instanceof Map ? pattern.pattern : pattern
    return text != null && java.nio.file.FileSystems.default.getPathMatcher("glob:${glob}").matches(new File(text).toPath())
  }
}
