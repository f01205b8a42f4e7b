import groovy.json.JsonOutput
import groovy.json.JsonSlurper

// Answers one question a line, as JSON: judge a file, run a build, or read the jobs.
def speak = System.out
System.setOut(System.err)
System.in.eachLine { line ->
  def asked = new JsonSlurper().parseText(line)
  def answer
  try {
    answer = asked.judge ? Structure.judge(asked.judge) : asked.jobs ? Jobs.read(asked.jobs, asked.variables) : new Build(asked).run()
  } catch (Throwable broken) {
    answer = [error: "${broken} ${broken.stackTrace.findAll { it.fileName?.endsWith('.groovy') }.take(5)}".toString(), result: 'BROKEN', log: [], jobs: []]
  }
  speak.println(JsonOutput.toJson(answer))
  speak.flush()
}
