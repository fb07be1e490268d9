// A notebook at its smallest: a connection to a kernel of a Jupyter server, and cells whose outputs are shown in this
// page. What shows a widget is given from outside; that is where front ends differ.

import { ServerConnection } from '@jupyterlab/services';
import { KernelConnection } from '@jupyterlab/services/lib/kernel/default';

const WIDGET = 'application/vnd.jupyter.widget-view+json';

/** The kernel that the page's address names. */
export function connected() {
  const given = new URLSearchParams(location.search);
  const baseUrl = given.get('server');
  const serverSettings = ServerConnection.makeSettings({
    baseUrl,
    wsUrl: baseUrl.replace(/^http/, 'ws'),
    token: given.get('token'),
    appendToken: true
  });
  const model = { id: given.get('kernel'), name: 'python3' };
  return new KernelConnection({ model, serverSettings, handleComms: true });
}

/** Runs cells; `showWidget(modelId, element)` draws a widget. */
export class Notebook {
  constructor(kernel, showWidget) {
    this.kernel = kernel;
    this.showWidget = showWidget;
    this.displays = new Map(); // display id -> elements
  }

  /** Run one cell; its output is a new element at the end of the page. Fulfilled when the kernel has finished. */
  async run(code) {
    const output = document.createElement('div');
    output.className = 'cell-output';
    document.body.append(output);
    const future = this.kernel.requestExecute({ code });
    future.onIOPub = message => this.heard(message, output);
    const reply = await future.done;
    return reply.content.status;
  }

  heard({ header, content }, output) {
    const id = content.transient?.display_id;
    if (header.msg_type === 'display_data' || header.msg_type === 'execute_result') {
      const item = this.add(output);
      if (id) {
        this.displays.set(id, [...(this.displays.get(id) ?? []), item]);
      }
      this.draw(content.data, item);
    } else if (header.msg_type === 'update_display_data') {
      for (const item of this.displays.get(id) ?? []) {
        this.draw(content.data, item);
      }
    } else if (header.msg_type === 'stream') {
      this.add(output, 'pre').textContent = content.text;
    } else if (header.msg_type === 'error') {
      this.add(output, 'pre').textContent = `${content.ename}: ${content.evalue}`;
    }
  }

  add(output, name = 'div') {
    const item = document.createElement(name);
    output.append(item);
    return item;
  }

  draw(data, item) {
    if (data[WIDGET]) {
      void this.showWidget(data[WIDGET].model_id, item);
    } else if (data['text/html']) {
      item.innerHTML = [data['text/html']].flat().join('');
    } else {
      item.textContent = [data['text/plain']].flat().join('');
    }
  }
}
